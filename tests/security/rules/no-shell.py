import os
import subprocess


def start(name):
    # ruleid: no-shell
    subprocess.run(f"ls {name}", shell=True, check=True)
    # ruleid: no-shell
    subprocess.getoutput(f"ls {name}")
    # ruleid: no-shell
    os.system(f"ls {name}")
    # ruleid: no-shell
    os.popen(f"ls {name}")
    # ok: no-shell
    subprocess.run(["ls", name], check=True)
