/// A command on a host that does not outlive the run that started it. Pure: makes the words of a shell.
///
/// What SSH starts without a terminal goes on after its connection has ended, and so do the sessions and process groups
/// that it has made of its own, as `timeout`, `apt-get` and `setsid` do. So the command carries a mark in its
/// environment, which everything inherits that it starts, and a watch beside it reads the connection: after the
/// command's input, a line now and then says that the run is still there. When the connection ends or has been silent
/// for too long, or the time is over, everything with the mark gets a TERM, and what is left after 5 s a KILL. What
/// systemd starts on the command's behalf has no mark and stays.
package struct RemoteStep: Hashable {
    /// What the command is for, which another run can read from the mark.
    package enum Purpose: String {
        case looks
        case changes
    }

    /// The environment variable that is the mark: `PURPOSE-PID`, with the process of the watch's shell.
    package static let mark = "SKEIN_STEP"
    /// The name of the watch's shell in a list of processes.
    package static let shellName = "skein-step"
    /// How often the run says that it is there, in seconds.
    static let period = 5
    /// How long a host goes on without a word from the run unless said otherwise, in seconds: as long as a build host may
    /// stand still, and shorter than an operator takes to start another run elsewhere.
    static let usualSilence = 30
    /// The time of a step that goes on for as long as its run, in seconds: a month, and it ends with the run anyway.
    static let longest = 30 * 86_400
    /// The exit code of a command that was ended since its time was over; those of `timeout` are the command's own to use.
    static let outOfTime = 254
    /// The exit code of a command that was ended since the run had gone.
    static let abandoned = 253

    var purpose: Purpose
    /// The program and its arguments, as words of a shell.
    var command: String
    /// How many bytes of input the command gets before its input ends.
    var inputBytes: Int
    /// How long it may take, in seconds.
    var seconds: Int
    /// How long it goes on without a word from the run, in seconds.
    var silence = Self.usualSilence

    /// The command for a shell of the host.
    var commandLine: String {
        "bash -c \(shellWord(Self.watch)) \(Self.shellName) \(inputBytes) \(seconds) \(silence) "
            + "\(purpose.rawValue) \(command)"
    }

    /// A script as the input of `/bin/sh -eu`: read as a whole before any of its commands could read from the same input,
    /// and not begun when only a part arrives. A TERM ends it with its `EXIT` traps.
    static func input(script: String) -> String {
        "skein() {\n\(script)\n}\n{ trap 'exit 143' HUP INT TERM; skein </dev/null; exit; }\n"
    }

    /// In bash, since other shells cannot wait for input for a limited time. It and its forks bear no mark: the
    /// environment that the kernel shows is the one that a process was started with.
    private static let watch = """
        bytes=$1 seconds=$2 silence=$3 step=$4-$$; shift 4
        finish() {
            trap "" TERM
            count=0 told=
            while left=$(grep -lzsxF "\(mark)=$step" /proc/[0-9]*/environ); [ -n "$left" ]; do
                left=$(printf "%s" "$left" | tr -c "0-9\\n" " ")
                # Each once, so that no cleaning up is interrupted; also one that was started while the others were told.
                for process in $left; do
                    case " $told " in *" $process "*) ;; *) kill -TERM $process; told="$told $process" ;; esac
                done
                if [ $count -ge 25 ]; then kill -KILL $left; fi
                count=$((count + 1))
                sleep 0.2
            done 2>/dev/null
            exit $1
        }
        watch() {
            end=$((SECONDS + seconds))
            timeout "$seconds" head -c "$bytes"
            exec >&-
            while left=$((end - SECONDS)); [ $left -gt 0 ]; do
                IFS= read -r -t $((left < silence ? left : silence)) _
                code=$?
                if [ $code = 1 ] || { [ $code -gt 128 ] && [ $left -gt $silence ]; }; then finish \(abandoned); fi
            done
            finish \(outOfTime)
        }
        exec 4< <(watch)
        watch=$!
        \(mark)=$step "$@" <&4 4<&-
        code=$?
        kill $watch 2>/dev/null
        wait $watch
        ended=$?
        case $ended in \(abandoned) | \(outOfTime)) exit $ended ;; esac
        exit $code
        """
}
