"""The forecasting core's command line: `python -m ml COMMAND`, listed by `python -m ml --help`.

Progress goes to stderr, the result is one JSON object on the last line of stdout. What a user can get
wrong ends in one line and exit code 2, never in a traceback. Heavy imports happen inside the commands.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ml.dataset.telemetry import Telemetry
    from ml.evaluation.contenders import Contender
    from ml.runtime import Forecaster

RIDGE: Final = Path(__file__).parent / "champions" / "ridge-1.0.0"
"""The linear forecast that is shipped: the champion corrects it, and it is a rival of its own."""
CHAMPION: Final = RIDGE.parent / "fleet-tft-1.0.0"
"""The artefact that serves where nobody chose another."""
_OWN: Final = {"champion": CHAMPION, "ridge": RIDGE}  # names that mean a shipped artefact
_BOOSTED: Final = "lightgbm"
_TUNED: Final = "fine_tuned"
_SEED: Final = 1  # of models that are fitted while they are compared


def say(message: str) -> None:
    """One line of progress."""
    print(message, file=sys.stderr, flush=True)


def _train(options: argparse.Namespace) -> dict[str, object]:
    from time import perf_counter

    start = perf_counter()
    found = {"ridge": _train_ridge, "tft": _train_tft}.get(options.model, _train_naive)(options)
    return {**found, "minutes": round((perf_counter() - start) / 60.0, 2)}


def _train_ridge(options: argparse.Namespace) -> dict[str, object]:
    from ml.baselines.training import train_ridge
    from ml.evaluation.run import evidence

    if options.data:
        raise ValueError("--data: a ridge is fitted on simulated fleets only; leave --model away to train a tft")
    servers = options.simulated_servers or 160
    found = train_ridge(servers, options.seed, Path(options.out), say, lambda model: evidence(model, say))
    return {**found, "epochs": 1}


def _train_naive(options: argparse.Namespace) -> dict[str, object]:
    from ml.baselines.training import write_naive
    from ml.evaluation.run import evidence

    if options.data:
        raise ValueError("--data: a naive forecaster learns nothing; leave it away")
    return write_naive(options.model, RIDGE, Path(options.out), lambda model: evidence(model, say))


def _train_tft(options: argparse.Namespace) -> dict[str, object]:
    try:
        from ml.tft.leash import listener
        from ml.tft.train import Cancelled, Plan, train_tft
    except ModuleNotFoundError as error:
        raise ValueError(f"training needs {error.name}, which is not installed: run `make setup`") from error
    from ml.artifacts import read_manifest
    from ml.dataset.telemetry import read_telemetry
    from ml.evaluation.machine import commit, machine
    from ml.evaluation.run import evidence
    from ml.evaluation.seen import stretch, together

    told = [read_telemetry(Path(name)) for name in options.data]
    for note in (note for one in told for note in one.notes):
        say(note)
    if options.until:
        told = [one.before(_moment(options.until, "--until")) for one in told]
    servers = options.simulated_servers if options.simulated_servers is not None else (0 if told else 320)
    plan = Plan(
        Path(options.start or (CHAMPION if told else RIDGE)), servers, options.seed, options.minutes, options.steps,
        tuple(one.span() for one in told), options.scratch, work=Path(options.work) if options.work else None,
    )  # fmt: skip
    digests = [_digest(Path(name)) for name in options.data]
    own = [stretch(one, digest.rpartition(" ")[2]) for one, digest in zip(told, digests, strict=True)]
    seen = together(read_manifest(plan.start)[0], plan.scratch, own)
    mode = "scratch" if plan.scratch or not options.data else "fine_tune"
    recipe = {"commit": commit(), "data": digests, "seen": seen, "mode": mode, "machine": machine()}
    judge = (lambda _: {}) if told and not servers else (lambda model: evidence(model, say))
    try:
        found = train_tft(plan, Path(options.out), recipe, listener(say, options.leashed), judge, options.version)
    except Cancelled as error:
        raise ValueError(str(error)) from error
    return {**found, "data": own, "mode": mode, "commit": recipe["commit"], "machine": machine()}


def _moment(text: str, option: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{option} takes a time like 2026-03-01T00:00:00+00:00, not {text}") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _digest(path: Path) -> str:
    """A file's name and sha256, for a manifest."""
    import hashlib

    with path.open("rb") as file:
        return f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}"


def _evaluate(options: argparse.Namespace) -> dict[str, object]:
    from ml.dataset.telemetry import read_telemetry
    from ml.evaluation.run import TEST_SEED, evaluate_simulated, evaluate_telemetry, shown
    from ml.runtime import load

    names = list(dict.fromkeys(options.model.split(",")))
    models = {name: load(folder) for name, folder in _artefacts(names).items()}
    data = read_telemetry(Path(options.data)) if options.data else None
    contenders = _contenders(models, names, options.train)
    if options.fine_tune_days is not None:
        contenders[_TUNED] = _tuned(options)
        names.append(_TUNED)
    if data:
        found = evaluate_telemetry(data, contenders, names, say)
    else:
        found = evaluate_simulated(contenders, names, options.seeds, say)
    if options.examples and models and not data:
        found = {**found, "examples": shown(next(iter(models.values())))}
    digests = {name: model.sha256 for name, model in models.items()}
    seeds = {name: model.manifest.seed for name, model in models.items()}
    return {
        **found,
        "artefact_sha256": digests.get("champion"),
        "artefacts": digests,
        "training_seeds": seeds,
        "seed": TEST_SEED,
    }


def _judge(options: argparse.Namespace) -> dict[str, object]:
    from ml.dataset.telemetry import read_telemetry
    from ml.evaluation.judging import Case, judge, keep
    from ml.tft.leash import closed, sentence

    gone = closed() if options.leashed else lambda: False

    def tell(message: str) -> None:
        if gone():
            raise ValueError("stopped: nobody listens any more")
        (sentence if options.leashed else say)(message)

    out = Path(options.out)
    if not out.absolute().parent.is_dir():
        raise ValueError(f"--out: the folder {out.parent} does not exist")
    case = Case(
        Path(options.candidate), Path(options.champion), RIDGE, read_telemetry(Path(options.data)),
        _moment(options.since, "--from"), options.stream,
    )  # fmt: skip
    document, scores = judge(case, tell)
    keep(out, document, scores)
    return document


def _contenders(
    models: Mapping[str, "Forecaster"], names: Sequence[str], files: Sequence[str]
) -> "dict[str, Contender]":
    """The artefacts, and boosting fitted on the spot where it is named: on `files`, else on simulated fleets."""
    from ml.boosting.training import train_boosted
    from ml.dataset.telemetry import read_telemetry
    from ml.evaluation.contenders import fixed, served

    found = served(models)
    if _BOOSTED in names:
        recorded = [read_telemetry(Path(file)) for file in files]
        found[_BOOSTED] = fixed(train_boosted(_SEED, say, recorded))
    elif files:
        raise ValueError(f"--train is what {_BOOSTED} is fitted on: name it in --model")
    return found


def _tuned(options: argparse.Namespace) -> "Contender":
    """The champion trained on some days of the scored machines themselves."""
    if options.fine_tune_days < 2:
        raise ValueError("--fine-tune-days: at least two days, one to look at and one to forecast")
    try:
        from ml.evaluation.tuning import fine_tuned
    except ModuleNotFoundError as error:
        raise ValueError(f"training needs {error.name}, which is not installed: run `make setup`") from error
    return fine_tuned(CHAMPION, options.fine_tune_days, options.minutes, _SEED, say)


def _artefacts(names: Sequence[str]) -> dict[str, Path]:
    """The folder of every named model that is neither naive nor fitted here; ValueError names what is none of them."""
    from ml.evaluation.contenders import NAIVE_NAMES

    known = (*_OWN, *NAIVE_NAMES, _BOOSTED)
    unknown = [name for name in names if name not in known and not Path(name).is_dir()]
    if unknown:
        raise ValueError(f"unknown model {', '.join(unknown)}: one of {', '.join(known)} or an artefact's folder")
    given = [name for name in names if name in _OWN or (name not in known and Path(name).is_dir())]
    return {name: _OWN.get(name, Path(name)) for name in given}


def _bench(options: argparse.Namespace) -> dict[str, object]:
    from ml.evaluation.speed import bench

    return {**bench(Path(options.artefact), _sizes(options.servers), say, options.rivals), "seed": 7}


def _sizes(text: str) -> list[int]:
    try:
        sizes = [int(part) for part in text.split(",")]
    except ValueError as error:
        raise ValueError(f"--servers takes numbers separated by commas, not {text}") from error
    if min(sizes) < 1:
        raise ValueError("--servers: at least one server")
    return sizes


def _generate(options: argparse.Namespace) -> dict[str, object]:
    from ml.dataset.telemetry import Telemetry, write_telemetry
    from ml.dataset.windows import simulated_span

    if options.days < 1:
        raise ValueError("--days: at least one day")
    say(f"simulating {options.servers} servers over {options.days} days")
    span = simulated_span(options.servers, options.days, options.seed, options.injected)
    rows = write_telemetry(Path(options.out), Telemetry(span.first, span.assets, span.profiles, span.values))
    return {"rows": rows, "servers": len(span.assets), "file": options.out, "seed": options.seed}


def _import_bitbrains(options: argparse.Namespace) -> dict[str, object]:
    from ml.dataset.bitbrains import read_bitbrains

    return _written(read_bitbrains(Path(options.folder), options.machines, options.messy), options.out)


def _import_alibaba(options: argparse.Namespace) -> dict[str, object]:
    from ml.dataset.alibaba import read_alibaba

    return _written(read_alibaba(Path(options.path), options.machines), options.out)


def _written(telemetry: "Telemetry", out: str) -> dict[str, object]:
    from ml.dataset.telemetry import write_telemetry

    for note in telemetry.notes:
        say(note)
    rows = write_telemetry(Path(out), telemetry)
    return {"rows": rows, "machines": len(telemetry.assets), "file": out, "notes": list(telemetry.notes)}


def build_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(prog="python -m ml", description="The forecasting core, from a plain shell.")
    commands = parser.add_subparsers(dest="command", required=True)

    train = commands.add_parser("train", help="fit a forecaster and write its artefact")
    train.add_argument(
        "--model", choices=["tft", "ridge", "persistence", "seasonal_naive", "seasonal_naive_week"], default="tft"
    )
    train.add_argument("--simulated-servers", type=int, metavar="N", help="default: 320, or none beside --data")
    train.add_argument("--data", nargs="+", default=[], metavar="FILE", help="telemetry parquet to train on")
    train.add_argument("--until", metavar="TIME", help="train on what --data holds from before this time only")
    train.add_argument("--minutes", type=float, default=4.0, metavar="M", help="of training, on this machine")
    train.add_argument("--steps", type=int, metavar="N", help="instead of minutes: the same model every time")
    train.add_argument("--start", metavar="DIR", help="artefact to go on from; default: the champion beside --data")
    train.add_argument("--scratch", action="store_true", help="begin with an untrained network")
    train.add_argument("--version", default="1.0.0", help="of the new artefact")
    train.add_argument(
        "--leashed", action="store_true", help="progress as JSON lines on stderr; stop when standard input closes"
    )
    train.add_argument("--work", metavar="DIR", help="keeps checkpoints and the log; the same one resumes")
    train.add_argument("--seed", type=int, default=1)
    train.add_argument("--out", required=True, metavar="DIR", help="must not exist yet")
    train.set_defaults(run=_train)

    _add_evaluate(commands)

    _add_judge(commands)

    bench = commands.add_parser("bench", help="time forecasts with an artefact")
    bench.add_argument("--servers", default="20,200,1000", metavar="N,N,...")
    bench.add_argument("--artefact", default=str(CHAMPION), metavar="DIR")
    compared = argparse.BooleanOptionalAction
    bench.add_argument("--rivals", action=compared, default=True, help="time the reference model and boosting as well")
    bench.set_defaults(run=_bench)

    generate = commands.add_parser("generate", help="write a simulated fleet's telemetry as parquet")
    generate.add_argument("--servers", type=int, default=20)
    generate.add_argument("--days", type=int, default=14)
    generate.add_argument("--seed", type=int, default=7)
    generate.add_argument("--injected", type=float, default=0.0, help="injections a server and week")
    generate.add_argument("--out", required=True, metavar="FILE")
    generate.set_defaults(run=_generate)

    bitbrains = commands.add_parser("import-bitbrains", help="convert recorded VM traces to telemetry parquet")
    bitbrains.add_argument("folder", metavar="DIR")
    bitbrains.add_argument("--out", required=True, metavar="FILE")
    bitbrains.add_argument("--machines", type=int, help="only the first K machines by name")
    bitbrains.add_argument("--messy", action="store_true", help="the machines whose timestamps repeat")
    bitbrains.set_defaults(run=_import_bitbrains)

    alibaba = commands.add_parser("import-alibaba", help="convert recorded cluster machines to telemetry parquet")
    alibaba.add_argument("path", metavar="PATH", help="machine_usage.parquet or its folder")
    alibaba.add_argument("--out", required=True, metavar="FILE")
    alibaba.add_argument("--machines", type=int, help="only the first K machines by name")
    alibaba.set_defaults(run=_import_alibaba)

    for command in commands.choices.values():
        command.add_argument("--json", action="store_true", help="accepted everywhere: the result always is JSON")
    return parser


def _add_evaluate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    evaluate = commands.add_parser("evaluate", help="score models on rolling origins")
    data = evaluate.add_mutually_exclusive_group(required=True)
    data.add_argument("--simulated", action="store_true", help="on simulated fleets that were never trained on")
    data.add_argument("--data", metavar="FILE", help="on a telemetry parquet: asset, profile, at, metrics")
    evaluate.add_argument("--seeds", type=int, default=3, help="simulated test fleets of 40 servers")
    evaluate.add_argument(
        "--model",
        default="champion,seasonal_naive,best_naive,persistence",
        metavar="NAMES",
        help="champion, ridge, lightgbm, naive names, or an artefact's folder",
    )
    evaluate.add_argument(
        "--train", nargs="+", default=[], metavar="FILE", help="what lightgbm is fitted on with --data"
    )
    evaluate.add_argument(
        "--fine-tune-days", type=int, metavar="D", help="score the champion trained on the D days before as well"
    )
    evaluate.add_argument("--examples", action="store_true", help="forecasts of the first artefact to look at, by rule")
    evaluate.add_argument("--minutes", type=float, default=2.0, metavar="M", help="of that training")
    evaluate.set_defaults(run=_evaluate)


def _add_judge(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    judge = commands.add_parser("judge", help="compare a candidate with the champion on what neither was trained on")
    judge.add_argument("--candidate", required=True, metavar="DIR")
    judge.add_argument("--champion", default=str(CHAMPION), metavar="DIR")
    judge.add_argument("--data", required=True, metavar="FILE", help="telemetry parquet")
    judge.add_argument(
        "--from", dest="since", required=True, metavar="TIME", help="judge on what it holds from then on"
    )
    judge.add_argument("--out", required=True, metavar="FILE", help="the document; window losses go beside it, as npz")
    judge.add_argument("--stream", default="", metavar="NAME", help="whose telemetry it is, for the document")
    judge.add_argument(
        "--leashed", action="store_true", help="progress as JSON lines on stderr; stop when standard input closes"
    )
    judge.set_defaults(run=_judge)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    from ml.artifacts import ArtifactError
    from ml.evaluation.machine import commit, machine

    options = build_parser().parse_args(arguments)
    try:
        result = options.run(options)
    except (ArtifactError, ValueError, OSError) as error:
        say(f"error: {error}")
        return 2
    print(json.dumps({**result, "machine": machine(), "commit": commit()}))
    return 0
