# What the tests on a lab share: verdicts, and commands on the lab's hosts. To be sourced, with these set:
#   skein   the executable
#   lab     the lab's name
#   output  a file for what commands print
passed=0
failed=0

# verdict TITLE CODE [FILE]: counts and prints; the file, too, when the code is not 0.
verdict() {
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
        printf 'ok      %s (%d s)\n' "$1" "$SECONDS"
    else
        failed=$((failed + 1))
        printf 'FAILED  %s (%d s)\n' "$1" "$SECONDS"
        [ -z "${3:-}" ] || sed 's/^/        /' "$3"
    fi
}

# check TITLE COMMAND…: the verdict on a command.
check() {
    local title=$1 code=0
    shift
    "$@" > "$output" 2>&1 || code=$?
    verdict "$title" "$code" "$output"
}

refuses() { ! "$@"; }

# within SECONDS COMMAND…: repeats the command until it succeeds, or the time is over.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 1
    done
}

# on HOST COMMAND…
on() {
    local host=$1
    shift
    "$skein" lab shell --name "$lab" "$host" -- "$@"
}

openstack() { on client openstack "$@"; }

# The figures of all verdicts; fails when one did.
summary() {
    printf '\n%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" = 0 ]
}
