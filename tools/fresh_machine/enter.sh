#!/usr/bin/env bash
# enter.sh MACHINE COMMAND...: in new namespaces, gives the folder MACHINE its own /proc, /dev, /tmp
# and name, makes it the root of all, and becomes COMMAND there.
# pivot_root in place of chroot: the kernel lets nobody in a chroot make user namespaces, and
# sandboxes need them.
set -euo pipefail
machine=$1
shift

mount --bind "$machine" "$machine"
cd "$machine"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs run

mount -t tmpfs -o mode=755 tmpfs dev
for node in null zero full random urandom tty; do
    touch "dev/$node"
    mount --bind "/dev/$node" "dev/$node"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
hostname fresh

mkdir -p .before
pivot_root . .before
cd /
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
hash -r
umount --lazy /.before
rmdir /.before
export PATH HOME=/root
exec "$@"
