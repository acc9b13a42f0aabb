# path: scripts/demo
cd "$ROOT/work/x"; ls build/root/x /usr/share /tmp https://example.org/work/x
