"""From a fresh checkout to an installed `.venv`, with nothing but a system Python; `make` calls it.

Guards: it parses on any Python 3, uses the standard library only, prints one sentence and ends
with 1 when something is missing, and does nothing at all when the locks are already installed.
What training needs comes last: without it `run` still starts the console, `setup --dev` fails.

    python3 webapp/cli/bootstrap.py run [options of `forewarn up`]
    python3 webapp/cli/bootstrap.py setup [--dev]
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "forewarn.json")
LOG = os.path.join(VENV, "install.log")
OLDEST, NEWEST = (3, 11), (3, 14)
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock", "train": "requirements-train.lock"}
TORCH = "torch==2.13.0"  # in no lock: its CPU and its CUDA build are different files of one version
DRIVER = "/proc/driver/nvidia/version"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
TRAINING = ("torch", "lightning", "pytorch_forecasting", "lightgbm")
OPENMP = (
    "LightGBM needs the system's OpenMP library"
    " (Debian, Ubuntu: sudo apt-get install libgomp1; macOS: brew install libomp)."
)


class Stop(Exception):
    """What is wrong and what to do about it, in one sentence."""


def fitting(version: "tuple[int, ...]") -> bool:
    """Whether the locked packages exist for this Python."""
    return OLDEST <= version <= NEWEST


def better_python() -> "str | None":
    """Another Python on PATH that fits, or None; one that does not start is passed over."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which("python3.%d" % minor)
        if found and subprocess.call([found, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            return found
    return None


def check_platform() -> None:
    """End, or go on under a Python that fits."""
    if os.name != "posix":
        raise Stop("Forewarn runs on Linux and macOS; on Windows use WSL.")
    if fitting(sys.version_info[:2]):
        return
    found = better_python()
    if found is None:
        have = "%d.%d (%s)" % (sys.version_info[0], sys.version_info[1], sys.executable)
        raise Stop("Python 3.11 to 3.14 is needed; this is %s. Install one, or name it: make run PYTHON=..." % have)
    os.execv(found, [found, os.path.abspath(__file__), *sys.argv[1:]])


def digest(lock: str) -> str:
    """What the installation depends on: the lock, this file, the folder's place and the Python."""
    sha = hashlib.sha256((VENV + sys.version).encode())
    for name in (os.path.join(ROOT, lock), os.path.abspath(__file__)):
        with open(name, "rb") as file:
            sha.update(file.read())
    return sha.hexdigest()


def stamps() -> "dict[str, str]":
    """Digests of what is installed; empty when the environment is unfinished or broken."""
    try:
        with open(STAMP) as file:
            found = json.load(file)
        return found if os.path.exists(PYTHON) else {}
    except (OSError, ValueError):
        return {}


def make_venv() -> None:
    """Create `.venv` afresh, unless one that works and belongs to this Python is there."""
    if not (find_spec("venv") and find_spec("ensurepip")):
        package = "python3.%d-venv" % sys.version_info[1]
        raise Stop("This Python lacks its venv module: install it (Debian, Ubuntu: sudo apt-get install %s)." % package)
    import venv

    if stamps() or usable():
        return
    print("Creating .venv", flush=True)
    try:
        venv.EnvBuilder(clear=True, with_pip=True, symlinks=True).create(VENV)
    except subprocess.CalledProcessError as error:
        raise Stop("The virtual environment could not be made: %s." % str(error).rstrip(".")) from None


def usable() -> bool:
    """Whether the environment's own Python starts, is of this version and has pip."""
    code = "import pip, sys; sys.exit(sys.version_info[:2] != (%d, %d))" % sys.version_info[:2]
    try:
        return subprocess.call([PYTHON, "-c", code], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def locked(lock: str) -> "list[str]":
    """pip's options for exactly what the lock names, whatever else pip would have chosen."""
    return ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", os.path.join(ROOT, lock)]


def install_lock(lock: str) -> None:
    """Install a lock, saying how much it is."""
    with open(os.path.join(ROOT, lock)) as file:
        total = sum("==" in line for line in file)
    install("about %d packages from %s (once; a minute or two)" % (total, lock), locked(lock))


def install(what: str, options: "list[str]") -> None:
    """Run pip with these options, its words in the log and a count on the terminal."""
    command = [PYTHON, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    print("Installing %s" % what, flush=True)
    with open(LOG, "w") as log:
        pip = subprocess.Popen(
            [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
        )
        count = 0
        for line in pip.stdout or ():
            log.write(line)
            if line.startswith(("Collecting", "Requirement already")):
                count += 1
                if sys.stdout.isatty():
                    print("\r  %d" % count, end="", flush=True)
    if sys.stdout.isatty():
        print("\r", end="")
    if pip.wait() != 0:
        raise Stop(why_pip_failed())


def why_pip_failed() -> str:
    """One sentence from pip's log."""
    with open(LOG) as file:
        text = file.read()
    if "No space left" in text:
        return "The disk is full: about 2.5 GB are needed for the packages."
    if any(
        sign in text for sign in ("NewConnectionError", "ConnectTimeout", "NameResolution", "ProxyError", "Retrying")
    ):
        return "The package index cannot be reached: check the network or pip's configuration, then run this again."
    errors = [line for line in text.splitlines() if line.startswith("ERROR")]
    return "pip could not install the packages (%s); all it said is in %s." % (
        errors[0] if errors else "no reason given",
        LOG,
    )


def has_gpu() -> bool:
    """Whether this machine has NVIDIA's driver, without which torch's CUDA build is several GB for nothing."""
    return os.path.exists(DRIVER) or shutil.which("nvidia-smi") is not None


def own_index() -> bool:
    """Whether a file or a variable tells pip where to look: then that is the user's choice for torch too."""
    listed = subprocess.run(
        [PYTHON, "-m", "pip", "config", "list"], stdout=subprocess.PIPE, universal_newlines=True, check=False
    )
    keys = r"^(global|install|:env:)\.(index-url|extra-index-url|find-links|no-index)="
    return re.search(keys, listed.stdout, re.MULTILINE) is not None


def torch_options() -> "list[str]":
    """pip's options for torch alone; what it needs besides CUDA is in the lock, with hashes."""
    # One retry: without a network the console has to start soon.
    options = ["--no-deps", "--only-binary", ":all:", "--retries", "1", TORCH]
    if sys.platform.startswith("linux") and not has_gpu() and not own_index():
        options += ["--index-url", CPU_INDEX]
    return options


def why_not(*modules: str) -> str:
    """Empty when the environment can import these; else the last line of what Python said."""
    done = subprocess.run(
        [PYTHON, "-W", "ignore", "-c", "import " + ", ".join(modules)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        check=False,
    )
    said = done.stderr.strip().splitlines() or ["ended with %d" % done.returncode]
    return "" if done.returncode == 0 else said[-1]


def install_training() -> None:
    """Install torch, then the lock that goes with it, and see that they start."""
    install("%s for training (once; a few minutes)" % TORCH, torch_options())
    install_lock(LOCKS["train"])
    # Without a GPU only an index of the user's own can have brought the CUDA build: it starts only with its libraries.
    if has_gpu() or why_not("torch"):
        install("the libraries of %s (once; CUDA's are several GB)" % TORCH, ["--only-binary", ":all:", TORCH])
    check_training()


def check_training() -> None:
    """See that what was installed starts; a library that only the system can bring is told and holds up nothing."""
    # In a process of its own: beside torch, LightGBM finds torch's copy of the library.
    reason = why_not("lightgbm")
    if re.search(r"libg?omp\.", reason):
        print("forewarn: %s" % OPENMP, file=sys.stderr)
        reason = ""
    reason = reason or why_not(*[name for name in TRAINING if name != "lightgbm"])
    if reason:
        raise Stop("The training packages are installed but do not start (%s)." % reason)


def write_command() -> None:
    """Make `.venv/bin/forewarn`, and this checkout importable from anywhere in the environment."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.check_output([PYTHON, "-c", ask], universal_newlines=True).strip()
    with open(os.path.join(site, "forewarn.pth"), "w") as file:
        file.write(ROOT + "\n")
    path = os.path.join(VENV, "bin", "forewarn")
    with open(path, "w") as file:
        # A shell line and a Python docstring at once: a path with spaces or of any length works.
        file.write("#!/bin/sh\n'''exec' \"%s\" \"$0\" \"$@\"\n' '''\n" % PYTHON)
        file.write("from webapp.cli.app import main\n\nmain()\n")
    os.chmod(path, 0o755)  # noqa: S103 - a command that everyone may run


def missing(kind: str) -> "list[str]":
    """Which locks are not installed as they are now; training's is wanted by every kind."""
    known = stamps()
    return [name for name in (kind, "train") if known.get(name) != digest(LOCKS[name])]


def stamp(*names: str) -> None:
    """Note that these locks are installed."""
    known = stamps()
    known.update({name: digest(LOCKS[name]) for name in names})
    with open(STAMP, "w") as file:
        json.dump(known, file)


def setup(kind: str) -> None:
    """Install the lock of this kind and what training needs, unless their stamps say that they are there."""
    if not missing(kind):
        return
    import fcntl

    folder = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)  # a second `make run` waits here, then finds it done
    try:
        if kind in missing(kind):
            make_venv()
            install_lock(LOCKS[kind])
            write_command()
            stamp("run", kind)  # what the product needs is part of the developers' lock
        if "train" in missing(kind):
            setup_training(needed=kind == "dev")
    finally:
        os.close(folder)


def setup_training(needed: bool) -> None:
    """Install what training needs; where nothing else needs it, a failure is told and the next start tries again."""
    try:
        install_training()
    except Stop as error:
        if needed:
            raise
        reason = str(error).rstrip(".")
        print("forewarn: training is not available, the next start tries again (%s)." % reason, file=sys.stderr)
        return
    stamp("train")


def main(arguments: "list[str]") -> None:
    """Carry out one of the two commands."""
    check_platform()
    if arguments[:1] == ["setup"]:
        setup("dev" if "--dev" in arguments else "run")
    elif arguments[:1] == ["run"]:
        setup("run")
        os.execv(os.path.join(VENV, "bin", "forewarn"), ["forewarn", "up", *arguments[1:]])
    else:
        raise Stop(__doc__.rsplit("\n\n", 1)[1].strip())


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Stop as error:
        sys.exit("forewarn: %s" % error)
    except OSError as error:
        sys.exit("forewarn: cannot write to %s: %s." % (error.filename or ROOT, error.strerror))
    except KeyboardInterrupt:
        sys.exit("forewarn: stopped; run it again to go on.")
