#!/usr/bin/env bash
# Starts a real Slurm of one node on this machine, for a test: its own ports, its own key. `scontrol shutdown` ends it, and
# the process in FOLDER/munged.pid the rest. Prints the shell's variables that lead to it.
# Debian's packages: apt-get install slurm-wlm munge. As root.
set -euo pipefail
folder=$(cd "${1:?usage: one-node-slurm.sh FOLDER PORT}" && pwd) port=${2:?a free port, as is the one after it}
mkdir -p "$folder"/{state,spool}
dd if=/dev/urandom of="$folder/key" bs=1024 count=1 status=none
chmod 400 "$folder/key"
cat >"$folder/slurm.conf" <<C
ClusterName=one
SlurmctldHost=localhost
SlurmUser=root
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SwitchType=switch/none
SchedulerParameters=sched_interval=1
NodeName=localhost CPUs=$(nproc) State=UNKNOWN
PartitionName=main Nodes=localhost Default=YES MaxTime=INFINITE State=UP
C
munged --force --socket="$folder/munge.socket" --key-file="$folder/key" --pid-file="$folder/munged.pid" \
  --log-file="$folder/munged.log" --seed-file="$folder/munged.seed" >&2
export SLURM_CONF="$folder/slurm.conf"
slurmctld -f "$SLURM_CONF" >&2
slurmd -f "$SLURM_CONF" -N localhost >&2
for _ in $(seq 100); do sinfo -h -o %t 2>/dev/null | grep -q idle && break; sleep 0.2; done
sinfo -h -o %t | grep -q idle
echo "SLURM_CONF=$SLURM_CONF"
