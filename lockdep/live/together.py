"""The picture of several processes as text: the deadlocks between them first, then each process as it shows itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lockdep.live.asking import Answers
from lockdep.live.between import Circle, Crowd, Node, stuck_threads
from lockdep.live.pictures import Picture
from lockdep.waits.picture import render_waiting, table, title
from lockdep.waits.views import WaitingThread


def render_together(answers: Answers, circles: Sequence[Circle]) -> str:
    """Return the picture of these processes, with the deadlocks between them."""
    crowd = Crowd(answers.pictures)
    behind = [node for node in stuck_threads(crowd) if circles and not any(node in circle for circle in circles)]
    parts = [circle_text(crowd, circle) for circle in circles]
    if behind:
        parts.append(f"blocked behind it: {', '.join(name(crowd, node) for node in behind)}\n")
    shown = {node for circle in circles for node in circle}
    return "\n".join([*parts, *(process(crowd, one, shown) for one in answers.pictures), *silence(answers)])


def render_one(picture: Picture, circles: Sequence[Circle]) -> str:
    """Return the picture of the only process, with its deadlocks that only two looks have shown."""
    inside = [tuple(name_in(picture, node) for node in circle) for circle in circles]
    return render_waiting(picture.threads, (*inside, *picture.deadlocks))


def name_in(picture: Picture, node: Node) -> str:
    """Return the name of a thread in its process."""
    return next((thread.name for thread in picture.threads if thread.serial == node.serial), "an ended thread")


def circle_text(crowd: Crowd, circle: Circle) -> str:
    """Return the lines about a deadlock between processes. It is as old as the youngest wait in it."""
    members = [replace(crowd.threads[node], name=name(crowd, node)) for node in circle]
    return "\n".join([*title("DEADLOCK between processes", members), *table(members)]) + "\n"


def name(crowd: Crowd, node: Node) -> str:
    """Return the name of a thread among those of several processes."""
    return f"{node.pid} {crowd.threads[node].name}"


def process(crowd: Crowd, picture: Picture, shown: set[Node]) -> str:
    """Return what a process shows of itself, without the threads that are shown already."""
    nodes = [(Node(picture.pid, thread.serial), thread) for thread in picture.threads]
    threads = [with_holder(crowd, node, thread) for node, thread in nodes if node not in shown]
    text = render_waiting(threads, picture.deadlocks) if threads else "in the deadlock above\n"
    return f"process {picture.pid} ({picture.label})\n{text}"


def with_holder(crowd: Crowd, node: Node, thread: WaitingThread) -> WaitingThread:
    """Return a thread with those in its place who hold the shared lock that it waits for."""
    wait = thread.waits
    if wait is None or not wait.shared:
        return thread
    holders = [name(crowd, one) for one in crowd.holders.get(wait.shared, ()) if one != node]
    by = f"held by {', '.join(holders)}" if holders else "held by nobody who answers"
    return replace(thread, place=f"{thread.place}, {by}")


def silence(answers: Answers) -> Iterator[str]:
    """Yield a line for each process that does not answer, and one for all that are not there any more."""
    for pid, why in answers.silent.items():
        yield f"process {pid} does not answer: {why}\n"
    if answers.gone:
        yield f"killed, or another program by now: {', '.join(map(str, answers.gone))}\n"
