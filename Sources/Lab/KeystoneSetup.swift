/// How Keystone is set up in the OpenStack host's image, and what is left to its first start.
enum KeystoneSetup {
    /// The file with the lab's own password, which systemd reads as root.
    static let environmentFile = "/etc/keystone/first-start.env"

    /// The content of ``environmentFile``.
    static func environment(adminPassword: String) -> String { "OS_BOOTSTRAP_PASSWORD=\(adminPassword)\n" }

    /// The part of the image's recipe; `$root` is the image.
    static func script(url: String) -> String {
        """
        chroot "$root" useradd --system --home-dir /var/lib/keystone --create-home --shell /usr/sbin/nologin keystone
        mkdir -p "$root/etc/keystone/fernet-keys" "$root/etc/keystone/credential-keys"
        ln -s /opt/openstack/bin/openstack "$root/usr/local/bin/openstack"
        ln -s /opt/openstack/bin/keystone-manage "$root/usr/local/sbin/keystone-manage"
        cat > "$root/etc/keystone/keystone.conf" <<'END'
        [DEFAULT]
        log_file =
        use_stderr = true
        [database]
        connection = sqlite:////var/lib/keystone/keystone.db
        [identity]
        # A lab's probes ask for many tokens; the default of 12 rounds would make Keystone the bottleneck.
        password_hash_rounds = 4
        [token]
        provider = fernet
        END
        cat > "$root/etc/keystone/uwsgi.ini" <<'END'
        [uwsgi]
        plugins = python3
        http-socket = 0.0.0.0:5000
        master = true
        processes = 2
        virtualenv = /opt/openstack
        module = keystone.wsgi.api:application
        buffer-size = 65535
        listen = 100
        need-app = true
        die-on-term = true
        disable-logging = true
        # It closes after each answer; a client that is not told so loses its next request on the connection.
        add-header = Connection: close
        END
        cat > "$root/usr/local/sbin/keystone-first-start" <<'END'
        #!/bin/sh
        # Keys and the administrator's password are each lab's own; everything else is in the image already.
        set -eu
        [ ! -e /var/lib/keystone/started ] || exit 0
        umask 077
        for name in fernet credential; do
            for index in 0 1; do
                head -c 32 /dev/urandom | base64 | tr '+/' '-_' > "/etc/keystone/$name-keys/$index"
            done
        done
        keystone-manage bootstrap
        touch /var/lib/keystone/started
        END
        chmod 755 "$root/usr/local/sbin/keystone-first-start"
        cat > "$root/etc/systemd/system/keystone.service" <<'END'
        [Unit]
        Description=OpenStack Identity (Keystone)
        After=network.target
        [Service]
        User=keystone
        Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin PYTHONWARNINGS=ignore
        EnvironmentFile=-\(environmentFile)
        ExecStartPre=/usr/local/sbin/keystone-first-start
        ExecStart=/usr/bin/uwsgi --ini /etc/keystone/uwsgi.ini
        KillSignal=SIGTERM
        Restart=always
        RestartSec=1
        TimeoutStartSec=300
        END
        for name in fernet credential; do
            for index in 0 1; do
                head -c 32 /dev/urandom | base64 | tr '+/' '-_' > "$root/etc/keystone/$name-keys/$index"
            done
        done
        chroot "$root" chown -R keystone: /etc/keystone/fernet-keys /etc/keystone/credential-keys
        chroot "$root" chmod -R go= /etc/keystone/fernet-keys /etc/keystone/credential-keys
        chroot "$root" keystone-manage db_sync
        # The password of the image is thrown away: each lab sets its own.
        chroot "$root" env OS_BOOTSTRAP_PASSWORD=image keystone-manage bootstrap --bootstrap-region-id RegionOne \
        --bootstrap-public-url \(url) --bootstrap-internal-url \(url) --bootstrap-admin-url \(url)
        cat > "$root/root/make-service-project.py" <<'END'
        import werkzeug.test
        from keystone.wsgi.api import application
        client = werkzeug.test.Client(application)
        domain = {'id': 'default'}
        answer = client.post('/v3/auth/tokens', json={'auth': {
            'identity': {'methods': ['password'], 'password': {'user': {
                'name': 'admin', 'domain': domain, 'password': 'image'}}},
            'scope': {'project': {'name': 'admin', 'domain': domain}}}})
        assert answer.status_code == 201, answer.text
        token = {'X-Auth-Token': answer.headers['X-Subject-Token']}
        answer = client.post('/v3/projects', headers=token, json={'project': {
            'name': 'service', 'domain_id': 'default', 'description': 'Service users'}})
        assert answer.status_code == 201, answer.text
        END
        chroot "$root" /opt/openstack/bin/python /root/make-service-project.py
        rm "$root/root/make-service-project.py" "$root"/etc/keystone/*-keys/?
        chroot "$root" chown -R keystone: /var/lib/keystone
        """
    }
}
