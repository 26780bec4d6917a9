"""A worker: the process of a run or a look, or of short runs one after the other.

It has a channel and no database.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from l335.core.errors import LabError, NotFound, RunFailed
from l335.core.faults import disarm
from l335.core.records import Pointer
from l335.data.blobs import BlobDamaged, Blobs, DiskFull
from l335.runner.channel import receive, send
from l335.runner.messages import (
    ORDER,
    Analyse,
    Completed,
    Ended,
    Failed,
    Machine,
    Message,
    Share,
    Started,
    Stopped,
    Train,
)
from l335.runner.process import become_worker
from l335.runner.recorder import GroupingRecorder
from l335.spec import Spec, spec_from_dict

if TYPE_CHECKING:
    from l335.engine.train import Resources

log = logging.getLogger("l335.worker")

SHORT_SECONDS = 10.0
"""A run that took no longer leaves its worker for the next one. Longer ones gain nothing from it,
and a process of its own gives all memory back."""

MAX_RUNS = 100  # of one worker, whatever may gather in it

_is_stop_asked = False


def ask_to_stop(*_: object) -> None:
    """Signal handler: stop after the step at hand."""
    global _is_stop_asked
    _is_stop_asked = True


def serve(channel: socket.socket) -> None:
    """Do what the runner orders and report how it ended; stay for more after short runs."""
    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the runner, which decides
    # A runner that is gone takes its workers along, so nobody misses what can't be sent; one that
    # has no more orders closes the channel.
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        for number in range(1, MAX_RUNS + 1):
            order = receive(channel, ORDER)
            started = time.monotonic()
            if order.attempt > 1:
                disarm()
            outcome = _outcome(order, lambda message: send(channel, message))
            is_clean = isinstance(outcome, Completed) and isinstance(order, Train)
            is_short = time.monotonic() - started <= SHORT_SECONDS
            stays = is_clean and is_short and number < MAX_RUNS and not _is_stop_asked
            send(channel, Ended(outcome=outcome, stays=stays))
            if not stays:
                return
            _give_back_memory()


def _give_back_memory() -> None:
    """Let others have the GPU's memory that a run has left; harmless without a GPU."""
    import torch

    torch.cuda.empty_cache()


def _outcome(
    order: Train | Analyse, report: Callable[[Message], None]
) -> Completed | Stopped | Failed:
    """Carry an order out; every way it can end becomes a state, a code and a sentence."""
    try:
        return _train(order, report) if isinstance(order, Train) else _analyse(order, report)
    except RunFailed as failure:
        return _failed(failure.code, str(failure))
    except DiskFull as full:
        # A run that is asked to stop waits no longer; its last checkpoint stands.
        return Stopped() if _is_stop_asked else _failed("disk_full", str(full))
    except LabError as refusal:
        return _failed("refused", str(refusal))
    except (BrokenPipeError, ConnectionResetError):
        raise
    except MemoryError:
        return _failed("out_of_memory", "Memory ran out. Lower the batch or the network's width.")
    except Exception as error:
        log.exception("a worker failed")
        text = f"Training stopped on an error of the program: {type(error).__name__}: {error}"
        return _failed("error", f"{text[:500]}. runner.out in the data folder has more.")


def _failed(code: str, text: str) -> Failed:
    return Failed(code=code, text=text)


def _resources(machine: Machine, blobs: Blobs) -> Resources:
    from l335.engine.devices import pick_device
    from l335.engine.precision import pick_precision
    from l335.engine.train import Resources

    device = pick_device(machine.device)
    return Resources(
        device,
        machine.threads,
        machine.data_dir,
        blobs.get,
        pick_precision(machine.precision, device),
        machine.cuda_graphs,
    )


def _spec_of(text: str) -> Spec:
    """The specification as it was stored; of a damaged text an empty one, which is refused."""
    try:
        values = json.loads(text)
    except ValueError:
        values = {}
    return spec_from_dict(values if isinstance(values, dict) else {})


def _train(order: Train, report: Callable[[Message], None]) -> Completed | Stopped:
    from l335.engine.train import train

    blobs = Blobs(order.machine.blobs)
    resources = _resources(order.machine, blobs)
    known = [part for part in order.known_precision.split(",") if part]
    precision = ",".join(dict.fromkeys([*known, resources.precision]))
    report(Started(device=resources.device, precision=precision))
    if order.purpose == "probe":
        return _probe(order, resources)
    recorder = GroupingRecorder(blobs, report, waits=lambda: not _is_stop_asked)
    try:
        outcome = train(
            _spec_of(order.spec),
            resources,
            recorder,
            lambda: _is_stop_asked,
            _newest_checkpoint(blobs, order.checkpoints),
        )
    finally:
        recorder.close()
    kind = Completed if outcome.finished else Stopped
    return kind(timing=outcome.timing)


def _probe(order: Train, resources: Resources) -> Completed | Stopped:
    from l335.engine.probe import probe

    timing = probe(_spec_of(order.spec), resources, lambda: _is_stop_asked)
    return Stopped() if timing is None else Completed(timing=timing)


def _newest_checkpoint(blobs: Blobs, addresses: Sequence[str]) -> bytes | None:
    # A damaged newest checkpoint costs a few seconds of training, not the run.
    for sha256 in addresses:
        try:
            return blobs.get(sha256)
        except (BlobDamaged, NotFound) as error:
            log.warning("skipping a checkpoint: %s", error)
    return None


def _analyse(order: Analyse, report: Callable[[Message], None]) -> Completed:
    from l335.analyses.compute import run_job

    blobs = Blobs(order.machine.blobs)
    products = run_job(
        order.analysis,
        _spec_of(order.spec),
        order.params,
        blobs.get(order.checkpoint),
        _resources(order.machine, blobs),
        lambda share: report(Share(done=share)),
    )
    return Completed(
        products=tuple(
            Pointer(
                product.name,
                0,
                product.media_type,
                blobs.put(product.data),
                len(product.data),
                product.meta,
            )
            for product in products
        )
    )


def main() -> None:
    """Entry of a spawned worker, where forking from the fork server is not possible."""
    parser = argparse.ArgumentParser()
    parser.add_argument("descriptor", type=int)
    parser.add_argument("parent", type=int)
    arguments = parser.parse_args()
    become_worker(arguments.parent)
    serve(socket.socket(fileno=arguments.descriptor))
    os._exit(0)  # nothing is left to do, and unloading CUDA takes a while


if __name__ == "__main__":
    main()
