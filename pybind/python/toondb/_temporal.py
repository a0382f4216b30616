"""The temporal graph: facts ``(from, type, to)`` that hold over a period, and the record of when each was believed.

Valid time is half-open, ``[valid_from, valid_until)``. A time is an int of milliseconds since 1970 (negative before it), an
aware datetime, or a text in ISO 8601 with an offset; a naive datetime is refused. An end of 0 or None is open. Transaction
time is kept by the database: ``as_of`` (a time) and ``as_of_seq`` (a commit_seq) ask what was believed then.
"""

from datetime import datetime
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ._errors import ErrorCode, from_code
from ._methods import Methods, always_true
from ._rows import History, Rows, too_many
from ._toondb import Core
from ._types import Direction, Durability, Metadata, Order, Superseded, TemporalEdge, TemporalSubgraph, Time


def _fact(
    from_id: str,
    edge_type: str,
    to_id: str,
    valid_from: Time,
    valid_until: Optional[Time],
    properties: Optional[Metadata],
) -> Dict[str, Any]:
    """A fact as the engine takes it. An int of 0 is an open end; a datetime of 1970 is that instant."""
    is_open = not isinstance(valid_until, (bool, datetime, str)) and valid_until == 0
    return {
        "from_id": from_id,
        "edge_type": edge_type,
        "to_id": to_id,
        "valid_from": valid_from,
        "valid_until": None if is_open else valid_until,
        "properties": properties,
    }


def _as_of(time: Optional[Time], seq: Optional[int]) -> Optional[Tuple[str, Any]]:
    """Which beliefs are meant: those of a commit, or those of a time."""
    if time is not None and seq is not None:
        text = "as_of and as_of_seq both say which beliefs are meant; give one of them"
        raise from_code(ErrorCode.INVALID_ARGUMENT, text)
    if time is not None:
        return ("time", time)
    return None if seq is None else ("seq", seq)


def _mode(mode: str, timestamp: Optional[Time], start: Optional[Time], end: Optional[Time], clip: bool) -> Any:
    """Which facts are meant, by valid time. A time that the mode does not use is refused: it would be a
    misunderstanding.
    """
    name = mode.upper()
    if name == "POINT_IN_TIME":
        if timestamp is not None and start is None and end is None:
            return ("point_in_time", {"at": timestamp})
        text = "mode POINT_IN_TIME takes timestamp, and neither start_time nor end_time"
    elif name == "RANGE":
        if timestamp is None and start is not None and end is not None:
            return ("range", {"start": start, "end": end, "clip": clip})
        text = "mode RANGE takes start_time and end_time, and no timestamp"
    elif name == "CURRENT":
        if timestamp is None and start is None and end is None:
            return "current"
        text = "mode CURRENT takes no times; for another time use POINT_IN_TIME"
    else:
        text = f"mode {mode!r} is unknown; choose one of POINT_IN_TIME RANGE CURRENT"
    raise from_code(ErrorCode.INVALID_ARGUMENT, text)


def _superseded(answer: Tuple[TemporalEdge, List[TemporalEdge]]) -> Superseded:
    return Superseded(*answer)


def _subgraph(answer: Tuple[Any, ...]) -> TemporalSubgraph:
    return TemporalSubgraph(*answer)


def _limited(answer: Tuple[Any, ...]) -> Rows[TemporalEdge]:
    return Rows(answer[0])


def _all_facts(answer: Tuple[Any, ...]) -> Rows[TemporalEdge]:
    edges, _, truncated = answer
    if truncated:
        raise too_many(len(edges))
    return Rows(edges)


class TemporalMethods(Core, Methods):
    """``edge_types`` keeps to edges of these types, None = all; ``direction`` says which way edges are looked at.

    As rows, facts have the columns from_id, edge_type, to_id, valid_from, valid_until (null = open) and properties.
    """

    def add_temporal_edge(
        self,
        namespace: str,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: Time,
        valid_until: Optional[Time] = 0,
        properties: Optional[Metadata] = None,
        *,
        durability: Durability = "durable",
    ) -> bool:
        """State a fact that holds over ``[valid_from, valid_until)``; an end of 0 or None is open. Returns True.

        The same edge with another ``valid_from`` is another fact; with the same one it replaces the belief and keeps
        the old one in the history. Raises InvalidArgumentError unless the end is after the start. Nodes need not exist.
        """
        fact = _fact(from_id, edge_type, to_id, valid_from, valid_until, properties)
        return self._call("AddTemporalEdge", namespace, {"fact": fact, "durability": durability}, always_true)

    def query_temporal_graph(
        self,
        namespace: str,
        node_id: str,
        mode: str = "POINT_IN_TIME",
        timestamp: Optional[Time] = None,
        start_time: Optional[Time] = None,
        end_time: Optional[Time] = None,
        edge_types: Optional[Sequence[str]] = None,
        *,
        direction: Direction = "outgoing",
        as_of: Optional[Time] = None,
        as_of_seq: Optional[int] = None,
        clip: bool = False,
        limit: Optional[int] = None,
    ) -> Rows[TemporalEdge]:
        """The facts of a node, ordered by start, type and other end.

        mode: ``POINT_IN_TIME``, those valid at ``timestamp``; ``RANGE``, those valid at some time in ``[start_time,
        end_time)``, their periods cut to it with ``clip``; ``CURRENT``, those valid now. limit: only the first so many;
        without one, more than 100,000 raise LimitExceededError. edge_types, direction: which edges of the node.

        as_of: as believed at that time, what was written in that very millisecond included; as_of_seq: as believed after
        that commit, exactly (``namespace_stats(name).commit_seq`` is the newest). None = as believed now. Raises
        InvalidArgumentError for times that the mode does not take.
        """
        arguments = {
            "node_id": node_id,
            "mode": _mode(mode, timestamp, start_time, end_time, clip),
            "edge_types": edge_types,
            "direction": direction,
            "as_of": _as_of(as_of, as_of_seq),
            "limit": limit,
        }
        return self._rows("QueryTemporal", namespace, arguments, _all_facts if limit is None else _limited)

    def close_temporal_edge(
        self,
        namespace: str,
        from_id: str,
        edge_type: str,
        to_id: str,
        at: Optional[Time] = None,
        *,
        durability: Durability = "durable",
    ) -> Rows[TemporalEdge]:
        """End the open periods of an edge at a time, None = now. Returns them as they are believed now.

        Raises EdgeNotFoundError if none is open and InvalidArgumentError if the time is not after a period's start.
        """
        arguments = {"from_id": from_id, "edge_type": edge_type, "to_id": to_id, "at": at, "durability": durability}
        return self._call("CloseTemporalEdge", namespace, arguments, Rows)

    def supersede_temporal_edge(
        self,
        namespace: str,
        from_id: str,
        edge_type: str,
        to_id: str,
        valid_from: Time,
        valid_until: Optional[Time] = 0,
        properties: Optional[Metadata] = None,
        *,
        durability: Durability = "durable",
    ) -> Superseded:
        """State the next value of a single-valued relation ``(from_id, edge_type)``, in one step.

        The open fact ends where this one begins. A fact that arrives late, before one already known, is stored closed
        at the start of the next.
        """
        fact = _fact(from_id, edge_type, to_id, valid_from, valid_until, properties)
        return self._call("SupersedeTemporalEdge", namespace, {"fact": fact, "durability": durability}, _superseded)

    def traverse_temporal(
        self,
        namespace: str,
        start_node: str,
        timestamp: Optional[Time] = None,
        max_depth: int = 3,
        edge_types: Optional[Sequence[str]] = None,
        *,
        order: Order = "bfs",
        direction: Direction = "outgoing",
        as_of: Optional[Time] = None,
        as_of_seq: Optional[int] = None,
        limit: Optional[int] = None,
    ) -> TemporalSubgraph:
        """Walk edges that are all valid at one instant, None = now.

        ``nodes, edges = db.traverse_temporal("ns", "a", t)`` takes the result apart. max_depth, limit and
        ``truncated`` are as in :meth:`traverse`.
        """
        arguments = {
            "start": start_node,
            "at": timestamp,
            "max_depth": max_depth,
            "edge_types": edge_types,
            "order": order,
            "direction": direction,
            "as_of": _as_of(as_of, as_of_seq),
            "limit": limit,
        }
        return self._rows("TraverseTemporal", namespace, arguments, _subgraph)

    def temporal_history(
        self,
        namespace: str,
        node_id: str,
        edge_type: Optional[str] = None,
        *,
        other_id: Optional[str] = None,
        direction: Direction = "outgoing",
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> History[TemporalEdge]:
        """Every belief about a node's facts, also retracted and replaced ones; at most ``limit``, None = all.

        edge_type, other_id: only facts of this type, or with this node at the other end. cursor: go on where an answer of
        :meth:`render` ended.
        """
        arguments = {
            "node_id": node_id,
            "edge_type": edge_type,
            "other_id": other_id,
            "direction": direction,
            "limit": limit,
            "cursor": cursor,
        }
        return self._all("TemporalHistory", namespace, arguments, History)

    def erase_temporal(
        self,
        namespace: str,
        from_id: str,
        edge_type: Optional[str] = None,
        to_id: Optional[str] = None,
        *,
        durability: Durability = "durable",
    ) -> int:
        """Remove a node's outgoing facts with their whole history, for privacy. Returns how many beliefs, retracted
        ones too.

        No query finds them again, at any time or belief. edge_type, to_id: only facts of this type, or that end there.
        """
        arguments = {"from_id": from_id, "edge_type": edge_type, "to_id": to_id, "durability": durability}
        return self._call("EraseTemporal", namespace, arguments)
