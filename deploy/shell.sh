# What ./run and ./test share; sourced, with the checkout as $root. Everything printed goes to stderr: stdout belongs to the program.

say() { printf 'tandem: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Environment of every .NET and npm call: quiet, no telemetry, no server left behind, and a home that can be written to.
prepare_environment() {
    export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
    export DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
    if [ -z "${HOME:-}" ] || ! [ -d "$HOME" ] || ! [ -w "$HOME" ]; then
        local place="$root/artifacts/home"
        mkdir -p "$place" 2>/dev/null && [ -w "$place" ] || place="${TMPDIR:-/tmp}/tandem-home-$(id -u)"
        export DOTNET_CLI_HOME="${DOTNET_CLI_HOME:-$place}" npm_config_cache="${npm_config_cache:-$place/npm}"
    fi
    command -v dotnet >/dev/null || die "the .NET 10 SDK is missing: install it so that 'dotnet' is found, then try again"
}

# install_packages KIND…: installs the packages of deploy/packages.txt that are missing; needs neither network nor root when none is.
install_packages() {
    local missing=() name kind why wanted=" $* "
    local installed
    installed=" $(dpkg-query -W -f='${db:Status-Status}:${Package} ' 2>/dev/null || true)"
    while read -r name kind why; do
        [[ -z $name || $name == \#* || $wanted != *" $kind "* ]] && continue
        [[ $installed == *" installed:$name "* ]] && continue
        [ ${#missing[@]} -gt 0 ] || say "Debian packages that are missing:"
        printf '  %-30s %s\n' "$name" "$why" >&2
        missing+=("$name")
    done < "$root/deploy/packages.txt"
    [ ${#missing[@]} -gt 0 ] || return 0

    local by_hand="apt-get install --no-install-recommends ${missing[*]}"
    command -v apt-get >/dev/null || die "this is no Debian 12; see that these are there: ${missing[*]}"
    [ "$(id -u)" = 0 ] || die "they can only be installed as root; run this once as root, or: $by_hand"
    say "installing them"
    local log; log=$(mktemp)
    export DEBIAN_FRONTEND=noninteractive
    local options=(-o Acquire::Retries=2 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 -o DPkg::Lock::Timeout=300)
    # A source of packages that is none of ours may fail; what counts is whether ours can be installed.
    apt-get "${options[@]}" update -q </dev/null >"$log" 2>&1 || true
    refuse_services
    if ! apt-get "${options[@]}" install -q -y --no-install-recommends "${missing[@]}" </dev/null >>"$log" 2>&1; then
        tail -n 15 "$log" | sed 's/^/  /' >&2
        rm -f "$log"
        allow_services
        die "the packages could not be installed (offline, or not Debian 12?); when the Debian archive can be reached: $by_hand"
    fi
    rm -f "$log"
    allow_services
    stop_at_boot "${missing[@]}"
}

# Some packages bring a service that would start at once (policy-rc.d(8), which invoke-rc.d and systemd's helper ask): Tandem starts what it
# needs by itself. A policy of the machine's own is left alone.
refuse_services() {
    [ ! -e /usr/sbin/policy-rc.d ] || return 0
    printf '#!/bin/sh\n# tandem: no service is started while packages are installed\nexit 101\n' > /usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
}

allow_services() {
    if grep -q '^# tandem:' /usr/sbin/policy-rc.d 2>/dev/null; then rm -f /usr/sbin/policy-rc.d; fi
}

# stop_at_boot PACKAGE…: of packages that were just installed, those whose service would start with the machine.
stop_at_boot() {
    local name
    for name in "$@"; do
        case $name in
            prometheus | prometheus-alertmanager) update-rc.d "$name" disable >/dev/null 2>&1 || true ;;
        esac
    done
}

# fingerprint PATH…: one line that changes when a file below is added, removed or written; build results are not looked at.
fingerprint() {
    find "$@" \( -name bin -o -name obj -o -name node_modules -o -name dist -o -name TestResults \) -prune \
        -o -type f -printf '%P %s %T@\n' | LC_ALL=C sort | sha256sum
}

# quietly WHAT COMMAND…: runs it; its output is shown only when it fails.
quietly() {
    local what=$1 log; shift
    log=$(mktemp)
    if ! "$@" </dev/null >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        say "$what failed"
        return 1
    fi
    rm -f "$log"
}

# One build at a time in a checkout; the second finds the first one's work done.
lock_build() {
    mkdir -p "$root/artifacts" 2>/dev/null && [ -w "$root/artifacts" ] \
        || die "the sources have changed since the last build, and $root cannot be written to; build as its owner first"
    exec 9>"$root/artifacts/lock"
    flock 9
}

program="src/Tandem.Cli/bin/Release/net10.0/tandem.dll"

# build_program: builds the program when its sources changed since the last build.
build_program() {
    local stamp="$root/artifacts/program.stamp" now
    now=$(program_fingerprint)
    [ -f "$root/$program" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && return 0
    lock_build
    if ! [ -f "$root/$program" ] || [ "$(cat "$stamp" 2>/dev/null)" != "$now" ]; then
        say "building the program"
        quietly "the build" dotnet build -c Release "$root/src/Tandem.Cli" -nologo -v q "-clp:ErrorsOnly;NoSummary" -tl:off -nodeReuse:false \
            || die "the program could not be built; see above (NuGet must be reachable for the first build)"
        printf '%s\n' "$now" > "$stamp"
    fi
    exec 9>&-
}

program_fingerprint() {
    fingerprint "$root/src" "$root/Directory.Build.props" "$root/Directory.Packages.props" "$root/global.json" "$root/.editorconfig"
}

# build_web FOLDER…: builds each folder that has a package.json when it changed since its last build.
build_web() {
    local folder stamp now
    for folder in "$@"; do
        [ -f "$root/$folder/package.json" ] || continue
        stamp="$root/artifacts/$(tr / - <<<"$folder").stamp"
        now=$(fingerprint "$root/$folder" "$root/docs/runbooks.md")
        [ -d "$root/$folder/dist" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && continue
        lock_build
        node_is_there || install_packages node
        say "building $folder"
        (
            cd "$root/$folder"
            if ! [ -d node_modules ] || ! cmp -s package-lock.json node_modules/.tandem-lock; then
                # What only checks the pages is left to ./test.
                quietly "npm" npm ci --omit=dev --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error \
                    || die "the packages of $folder could not be had from npm (offline?); try again when it can be reached"
                cp package-lock.json node_modules/.tandem-lock
            fi
            quietly "the build of $folder" npm run --silent build || die "$folder could not be built; see above"
        ) || exit 1
        printf '%s\n' "$now" > "$stamp"
        exec 9>&-
    done
}

node_is_there() {
    local version
    version=$(node --version 2>/dev/null) && command -v npm >/dev/null || return 1
    version=${version#v}
    [ "${version%%.*}" -ge 18 ]
}
