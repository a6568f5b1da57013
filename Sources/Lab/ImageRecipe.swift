/// How the cached images are made: shell scripts as values, so that an image's name can be derived from its recipe.
struct ImageRecipe: Hashable, Sendable {
    /// Where the machine gets Debian packages from: one line of `sources.list` each.
    typealias Sources = [String]

    /// What the image is, in a word: the first part of its directory's name.
    let kind: String
    /// A shell script that fills `$OUT`; it may use `$WORK`, a directory that is removed afterwards.
    let script: String

    /// The directory's name: it changes with the recipe, so an old image is never taken for a new one.
    var directoryName: String {
        // FNV-1a: the name must differ when the recipe does, nothing more.
        let hash = script.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return "\(kind)-\(String(hash, radix: 16))"
    }

    /// What a bare Debian server has; nothing that the product installs.
    static let basePackages = [
        "systemd", "systemd-sysv", "dbus", "openssh-server", "iproute2", "iputils-ping", "ca-certificates",
        "python3-minimal", "netbase", "procps", "kmod", "less", "curl", "sudo",
    ]

    /// What `skein up` installs on the hosts.
    package static let hostPackages = [
        "ca-certificates", "chrony", "curl", "etcd-client", "etcd-server", "haproxy", "iproute2", "iputils-arping",
        "keepalived", "librabbitmq4", "libsqlite3-0", "nftables", "openssl", "python3", "python3-minimal",
        "rabbitmq-server",
    ]

    /// The programs of the lab's OpenStack: released versions, pinned so that a lab is the same every time.
    static let pythonPackages = ["keystone==30.0.0", "python-openstackclient==10.5.0"]

    /// A bare Debian with systemd and sshd.
    static func base(suite: String, sources: Sources) -> ImageRecipe {
        let command =
            [
                "mmdebstrap", "--quiet", "--mode=root", "--variant=apt", "--aptopt=APT::Install-Recommends \"false\"",
                "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/doc/*",
                "--dpkgopt=path-exclude=/usr/share/locale/*", "--dpkgopt=force-unsafe-io",
                "--include=\(basePackages.joined(separator: ","))", suite,
            ].map(ShellText.quoted).joined(separator: " ") + " \"$OUT\" "
            + sources.map(ShellText.quoted).joined(separator: " ")
        return ImageRecipe(
            kind: "base",
            script: """
                \(command)
                # Every host makes its own identity at its first start.
                : > "$OUT/etc/machine-id"
                rm -f "$OUT/var/lib/dbus/machine-id" "$OUT/etc/apt/apt.conf.d/99mmdebstrap-dpkg"
                """)
    }

    /// The start of a script that works in a writable view of an image, at `$WORK/root`.
    private static func chrootPreamble(lower: String) -> String {
        """
        mkdir -p "$WORK/upper" "$WORK/work" "$WORK/root"
        mount -t overlay overlay -o "lowerdir=\(lower),upperdir=$WORK/upper,workdir=$WORK/work" "$WORK/root"
        root="$WORK/root"
        mount --rbind /dev "$root/dev"
        mount -t proc proc "$root/proc"
        cat /etc/resolv.conf > "$WORK/resolv.conf"
        cp --remove-destination "$WORK/resolv.conf" "$root/etc/resolv.conf"
        cp --remove-destination /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
        # Installing a service must not start it here.
        printf '#!/bin/sh\\nexit 101\\n' > "$root/usr/sbin/policy-rc.d"
        chmod 755 "$root/usr/sbin/policy-rc.d"
        chroot "$root" apt-get -q update
        """
    }

    /// A flat repository of the packages and all that they need beyond an image.
    static func packages(_ names: [String], lower: String) -> ImageRecipe {
        ImageRecipe(
            kind: "packages",
            script: """
                \(chrootPreamble(lower: lower))
                chroot "$root" apt-get -q -y -o APT::Keep-Downloaded-Packages=true install --no-install-recommends \
                --download-only \(names.map(ShellText.quoted).joined(separator: " "))
                mkdir -p "$OUT"
                find "$root/var/cache/apt/archives" -maxdepth 1 -name '*.deb' -exec mv {} "$OUT/" \\;
                cd "$OUT"
                dpkg-scanpackages --multiversion . > Packages
                printf 'SHA256:\\n %s %s Packages\\n' "$(sha256sum Packages | cut -d ' ' -f 1)" "$(stat -c %s Packages)" > Release
                chmod 755 .
                chmod 644 ./*
                """)
    }

    /// Keystone under uWSGI with its database made, and the OpenStack client: a layer above the base image.
    static func openstack(lower: String, keystoneURL: String) -> ImageRecipe {
        ImageRecipe(
            kind: "openstack",
            script: """
                \(chrootPreamble(lower: lower))
                chroot "$root" apt-get -q -y install --no-install-recommends python3-venv uwsgi-core uwsgi-plugin-python3
                chroot "$root" python3 -m venv /opt/openstack
                # Byte-compiling every module takes most of an installation's time; what runs is compiled when it first runs.
                chroot "$root" env PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_FIND_LINKS= /opt/openstack/bin/pip install \
                -q --no-compile --disable-pip-version-check \(pythonPackages.joined(separator: " "))
                \(KeystoneSetup.script(url: keystoneURL))
                chroot "$root" /usr/local/bin/openstack --version
                chroot "$root" apt-get clean
                rm -rf "$root"/var/lib/apt/lists/* "$root"/root/.cache
                rm -f "$root/usr/sbin/policy-rc.d" "$root/etc/resolv.conf"
                umount -R "$root/dev" "$root/proc" "$root"
                mv "$WORK/upper" "$OUT"
                """)
    }
}
