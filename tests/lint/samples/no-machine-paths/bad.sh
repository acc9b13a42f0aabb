# path: scripts/demo
cd /work/project  # BAD
cd /home/someone/project  # BAD
