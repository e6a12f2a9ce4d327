#!/bin/sh
# Installs, upgrades, removes and purges a package in a copy of this machine's files that is gone afterwards. Needs root.
#   tests/packages/deb.sh target/debian/llm-router_*.deb
set -eu

package=$(readlink -f "$1")

if [ "${INSIDE:-}" = "" ]; then
    exec unshare --mount --net env INSIDE=1 sh "$0" "$package"
fi

scratch=$(mktemp -d)
mount -t tmpfs none "$scratch"
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/root"
mount -t proc proc "$scratch/root/proc"
mount --bind /dev "$scratch/root/dev"
cp "$package" "$scratch/root/tmp/package.deb"
ip link set lo up

inside() {
    chroot "$scratch/root" "$@"
}

served=
fail() {
    echo "$*" >&2
    [ -z "$served" ] || kill -KILL "$served" 2>/dev/null || true
    exit 1
}

echo "install"
# Of the machine's own: what the package depends on may not be there.
inside dpkg --force-depends -i /tmp/package.deb >/dev/null
inside llm-router version
inside getent passwd llm-router >/dev/null || fail "there is no user llm-router"
[ "$(inside stat -c '%U %G %a' /etc/llm-router/router.toml)" = "root llm-router 640" ] || fail "router.toml has another owner"
[ "$(inside stat -c '%U %G %a' /etc/llm-router/environment)" = "root root 600" ] || fail "the environment is not root's alone"
inside llm-router --config /etc/llm-router/router.toml check >/dev/null
inside dpkg --verify llm-router
[ "$(inside systemctl is-enabled llm-router.socket)" = enabled ] || fail "the socket is not enabled"

echo "serve as the service's user"
install -d -m 750 "$scratch/root/var/lib/llm-router"
inside chown llm-router:llm-router /var/lib/llm-router
# Not by the function, whose shell would take the signal.
chroot "$scratch/root" setpriv --reuid llm-router --regid llm-router --clear-groups env -C /var/lib/llm-router LLM_ROUTER_PORT=8000 \
    LLM_ROUTER_MODEL_CONFIG=/etc/llm-router/router.toml /usr/bin/llm-router serve >"$scratch/log" 2>&1 &
served=$!
tries=0
until inside llm-router health --timeout 5 >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || fail "the router does not answer: $(cat "$scratch/log")"
    sleep 0.2
done
inside llm-router health
kill -TERM $served
wait $served || fail "the router ended with an error: $(cat "$scratch/log")"

echo "upgrade: what an administrator wrote stays"
echo '# mine' >>"$scratch/root/etc/llm-router/router.toml"
inside dpkg --force-depends -i /tmp/package.deb >/dev/null
grep -q '# mine' "$scratch/root/etc/llm-router/router.toml" || fail "router.toml was overwritten"

echo "remove: configuration and database stay"
inside dpkg -r llm-router >/dev/null
[ ! -e "$scratch/root/usr/bin/llm-router" ] || fail "the binary is still there"
[ -e "$scratch/root/etc/llm-router/router.toml" ] || fail "router.toml is gone"
[ -e "$scratch/root/var/lib/llm-router/llm_router.db" ] || fail "the database is gone"

echo "purge: all is gone"
inside dpkg -P llm-router >/dev/null
[ ! -e "$scratch/root/etc/llm-router" ] || fail "the configuration is still there"
[ ! -e "$scratch/root/var/lib/llm-router" ] || fail "the database is still there"
echo "the package installs, serves, upgrades and goes"
