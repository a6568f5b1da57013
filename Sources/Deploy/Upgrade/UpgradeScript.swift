import Blueprint
import Remote

/// The steps of an upgrade on one host. Pure. Each may run again after it has stopped half-way.
enum UpgradeScript {
    static let executable = DeploymentPath.executable
    /// A directory for each version that a host has run: the executable, its configuration, and what the deployment's
    /// secrets were then. Root's alone, since the configuration has passwords in it.
    static let versions = DeploymentPath.state + "/versions"
    /// How many versions a host keeps besides the one that runs; an executable has about 100 MB.
    static let keptVersions = 3

    static func path(_ digest: String) -> String { "\(versions)/\(digest)" }

    /// Prepares the place of a new version: only root looks into it.
    static func place(_ digest: String) -> String {
        "install -d -m 700 \(versions) \(path(digest))"
    }

    /// Starts the new executable once where nobody depends on it: one whose libraries are missing is found here.
    static func trial(_ digest: String) -> String {
        """
        said=$(timeout 20 \(path(digest))/skein version) || { echo "the new executable does not start here" >&2; exit 1; }
        echo "$said" | awk '{ print $NF }' >\(path(digest))/version
        """
    }

    /// Keeps what runs, as it is now, for the way back. Nothing when the new version runs already: the run before was
    /// stopped behind this step.
    ///
    /// - Parameters:
    ///   - files: Skein's own files besides the executable.
    ///   - secrets: the digest of the deployment's secrets.
    static func keep(new digest: String, files: [String], secrets: String) -> String {
        """
        digest=$(sha256sum \(executable) | cut -c -\(KeptVersion.digestLength))
        if [ "$digest" = \(digest) ]; then exit 0; fi
        folder=\(versions)/$digest
        install -d -m 700 "$folder"
        timeout 10 \(executable) version 2>/dev/null | awk '{ print $NF }' >"$folder/version" || true
        cp -p \(executable) "$folder/skein.new"
        mv -f "$folder/skein.new" "$folder/skein"
        (umask 077; cd / && ls -d \(relative(files)) 2>/dev/null | tar -cf "$folder/files.new" -T -)
        echo \(secrets) >"$folder/secrets"
        sync "$folder/skein" "$folder/files.new"
        mv -f "$folder/files.new" "$folder/files.tar"
        echo "$digest" >\(versions)/previous.new
        mv -f \(versions)/previous.new \(versions)/previous
        """
    }

    /// Puts a version's executable in its place. Whoever starts it next runs that one; what runs goes on.
    static func switchTo(_ digest: String) -> String {
        """
        cp -p \(path(digest))/skein \(executable).skein-new
        chown root:root \(executable).skein-new
        chmod 755 \(executable).skein-new
        mv -f \(executable).skein-new \(executable)
        """
    }

    /// Puts back a version that was kept, with the configuration that it had.
    ///
    /// - Parameters:
    ///   - digest: nil for the one that ran before.
    ///   - secrets: the digest of the deployment's secrets now. A configuration with other ones would be locked out.
    static func restore(_ digest: String?, secrets: String) -> String {
        """
        digest=\(digest ?? "$(cat \(versions)/previous)")
        folder=\(versions)/$digest
        if [ ! -s "$folder/files.tar" ]; then echo "version $digest was not kept here" >&2; exit 1; fi
        if [ "$(cat "$folder/secrets")" != \(secrets) ]; then
            echo "the deployment's secrets were changed since version $digest ran: install it by its own \\`skein up\\`" >&2
            exit 1
        fi
        tar -C / -xpf "$folder/files.tar"
        cp -p "$folder/skein" \(executable).skein-new
        mv -f \(executable).skein-new \(executable)
        systemctl daemon-reload
        """
    }

    /// Removes the versions beyond the kept ones, oldest first, and builds that never ran here.
    static let prune = """
        cd \(versions) || exit 0
        running=$(sha256sum \(executable) | cut -c -\(KeptVersion.digestLength))
        previous=$(cat previous 2>/dev/null || true)
        count=0
        for folder in $(ls -1dt */ | tr -d /); do
            case $folder in "$running" | "$previous") continue ;; esac
            if [ -s "$folder/files.tar" ]; then count=$((count + 1)); fi
            if [ ! -s "$folder/files.tar" ] || [ "$count" -ge \(keptVersions) ]; then rm -rf "./$folder"; fi
        done
        """

    /// Paths as tar wants them, below the root.
    private static func relative(_ files: [String]) -> String {
        files.map { shellWord(String($0.drop { $0 == "/" })) }.joined(separator: " ")
    }
}
