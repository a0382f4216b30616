"""The temporal graph: facts ``(from, type, to)`` that hold over a period, and the record of when each was believed.

Valid time is half-open, ``[valid_from, valid_until)``. A time is an int of milliseconds since 1970 (negative before it), an
aware datetime, or a text in ISO 8601 with an offset; a naive datetime is refused. An end of 0 or None is open. Transaction
time is kept by the database: ``as_of`` (a time) and ``as_of_seq`` (a commit_seq) ask what was believed then.
"""

from datetime import datetime
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ._documents import Filter, given
from ._errors import ArgumentTypeError, ErrorCode, from_code
from ._methods import Methods, Steps, always_true, steps
from ._rows import History, Rows, too_many
from ._toondb import Core
from ._types import (
    EPOCH,
    Direction,
    Durability,
    Metadata,
    Order,
    Superseded,
    TemporalEdge,
    TemporalPath,
    TemporalSubgraph,
    Time,
)


_BELIEF = ("asserted_seq", "asserted_at", "retracted_seq", "retracted_at")


def _end(valid_until: Optional[Time]) -> Optional[Time]:
    """An end as the engine takes it. An int of 0 is an open end; a datetime of 1970 is that instant."""
    is_open = not isinstance(valid_until, (bool, datetime, str)) and valid_until == 0
    return None if is_open else valid_until


def _fact(row: Dict[str, Any], **fact: Any) -> Dict[str, Any]:
    """A fact as the engine takes it, of parameters and what else a row of facts has: a column for each field, and when it
    was believed, which is for the database to say.
    """
    fields = {name[len("properties.") :]: value for name, value in row.items() if name.startswith("properties.")}
    for name in row:
        if name not in (*_BELIEF, "ends_in_1970") and not name.startswith("properties."):
            raise ArgumentTypeError(f"a fact has no {name!r}; put it into its properties")
    if row.get("ends_in_1970"):
        fact["valid_until"] = EPOCH
    properties = {**(fact["properties"] or {}), **fields} if fields else fact["properties"]
    return {**fact, "valid_until": _end(fact["valid_until"]), "properties": properties}


def _instant(time: Optional[Time], seq: Optional[int], name: str = "as_of") -> Optional[Tuple[str, Any]]:
    """A point in transaction time: a commit, or a time."""
    if time is not None and seq is not None:
        text = f"{name} and {name}_seq both say which beliefs are meant; give one of them"
        raise from_code(ErrorCode.INVALID_ARGUMENT, text)
    if time is not None:
        return ("time", time)
    return None if seq is None else ("seq", seq)


def _mode(
    mode: Optional[str], at: Optional[Time], start: Optional[Time], end: Optional[Time], clip: bool = False
) -> Any:
    """Which facts are meant, by valid time; without a mode what the times say. A time that the mode does not use is
    refused: it would be a misunderstanding.
    """
    if mode is None:
        if at is None and start is None and end is None:
            return None
        mode = "RANGE" if at is None else "POINT_IN_TIME"
    name = mode.upper()
    if name == "POINT_IN_TIME":
        if at is not None and start is None and end is None:
            return ("point_in_time", {"at": at})
        text = "mode POINT_IN_TIME takes one time, and neither start_time nor end_time"
    elif name == "RANGE":
        if at is None:
            return ("range", {"start": start, "end": end, "clip": clip})
        text = "mode RANGE takes start_time and end_time, and no other time"
    elif name == "CURRENT":
        if at is None and start is None and end is None:
            return "current"
        text = "mode CURRENT takes no times; for another time use POINT_IN_TIME"
    else:
        text = f"mode {mode!r} is unknown; choose one of POINT_IN_TIME RANGE CURRENT"
    raise from_code(ErrorCode.INVALID_ARGUMENT, text)


def _superseded(answer: Tuple[TemporalEdge, List[TemporalEdge], bool]) -> Superseded:
    return Superseded(*answer)


def _path(found: Optional[Tuple[List[str], List[TemporalEdge]]]) -> Optional[TemporalPath]:
    return None if found is None else TemporalPath(*found)


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
        **row: Any,
    ) -> bool:
        """State a fact that holds over ``[valid_from, valid_until)``; an end of 0 or None is open. Returns True.

        The same edge with another ``valid_from`` is another fact; with the same one it replaces the belief and keeps
        the old one in the history. Raises InvalidArgumentError unless the end is after the start. Nodes need not exist.

        row: what else a row of facts has, so that ``add_temporal_edge(namespace, **row)`` takes one as it was read:
        columns ``properties.NAME`` are properties, and when it was believed is left out. (A row of JSON says 0 of an end
        at the first instant of 1970, which here is open.)
        """
        fact = _fact(
            row,
            from_id=from_id,
            edge_type=edge_type,
            to_id=to_id,
            valid_from=valid_from,
            valid_until=valid_until,
            properties=properties,
        )
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
        end_time)``, where an end left out is open, their periods cut to it with ``clip``; ``CURRENT``, those valid now.
        limit: only the first so many; without one, more than 100,000 raise LimitExceededError. edge_types, direction:
        which edges of the node.

        as_of: as believed at that time, what was written in that very millisecond included; as_of_seq: as believed after
        that commit, exactly (``namespace_stats(name).commit_seq`` is the newest). None = as believed now. Raises
        InvalidArgumentError for times that the mode does not take.
        """
        arguments = {
            "node_id": node_id,
            "mode": _mode(mode, timestamp, start_time, end_time, clip),
            "edge_types": edge_types,
            "direction": direction,
            "as_of": _instant(as_of, as_of_seq),
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
        """End what holds of an edge at a time, None = now: its open periods, and those whose planned end is later.
        Returns them as they are believed now.

        Periods that have ended by then, or are planned to begin then or later, stay as they are. Raises EdgeNotFoundError
        if none is left, and InvalidArgumentError if an open one begins then or later.
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
        **row: Any,
    ) -> Superseded:
        """State the next value of a single-valued relation ``(from_id, edge_type)``, in one step.

        The open fact ends where this one begins. A fact that arrives late, before one already known, is stored closed
        at the start of the next. row: as for :meth:`add_temporal_edge`.
        """
        fact = _fact(
            row,
            from_id=from_id,
            edge_type=edge_type,
            to_id=to_id,
            valid_from=valid_from,
            valid_until=valid_until,
            properties=properties,
        )
        return self._call("SupersedeTemporalEdge", namespace, {"fact": fact, "durability": durability}, _superseded)

    def state_fact(
        self,
        namespace: str,
        from_id: str,
        edge_type: str,
        to_id: str,
        properties: Optional[Metadata] = None,
        *,
        valid_from: Optional[Time] = None,
        valid_until: Optional[Time] = None,
        durability: Durability = "durable",
    ) -> Superseded:
        """State the value (``to_id`` and properties) that a single-valued relation has from a time on, None = now.

        As :meth:`supersede_temporal_edge`, but periods of one value that touch are one period. Where the relation has this
        value already nothing is written, which ``changed`` says; a period of the same value that ends where this one
        begins, or begins where it ends, grows. So stating what a sensor says, again and again, keeps one fact for each
        change. valid_until: 0 or None is open.
        """
        fact = {
            "from_id": from_id,
            "edge_type": edge_type,
            "to_id": to_id,
            "valid_from": valid_from,
            "valid_until": _end(valid_until),
            "properties": properties,
        }
        return self._call("StateFact", namespace, {"fact": fact, "durability": durability}, _superseded)

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
            "as_of": _instant(as_of, as_of_seq),
            "limit": limit,
        }
        return self._rows("TraverseTemporal", namespace, arguments, _subgraph)

    def temporal_shortest_path(
        self,
        namespace: str,
        from_id: str,
        to_id: str,
        timestamp: Optional[Time] = None,
        max_depth: Optional[int] = None,
        *,
        edge_types: Optional[Sequence[str]] = None,
        direction: Direction = "outgoing",
        as_of: Optional[Time] = None,
        as_of_seq: Optional[int] = None,
    ) -> Optional[TemporalPath]:
        """A path with the fewest facts that all hold at one instant, None = now; at most ``max_depth`` of them (None =
        16). None if there is none.

        Nodes need not have been added. Among several the first by edge type and node id is given.
        """
        arguments = {
            "from_id": from_id,
            "to_id": to_id,
            "at": timestamp,
            "max_depth": max_depth,
            "edge_types": edge_types,
            "direction": direction,
            "as_of": _instant(as_of, as_of_seq),
        }
        return self._call("TemporalShortestPath", namespace, arguments, _path)

    def temporal_neighbors(
        self,
        namespace: str,
        node_id: str,
        timestamp: Optional[Time] = None,
        edge_types: Optional[Sequence[str]] = None,
        *,
        direction: Direction = "outgoing",
        as_of: Optional[Time] = None,
        as_of_seq: Optional[int] = None,
        limit: Optional[int] = None,
    ) -> TemporalSubgraph:
        """The nodes one fact away at an instant, None = now, and those facts. limit: most facts; None = 10,000."""
        arguments = {
            "node_id": node_id,
            "at": timestamp,
            "edge_types": edge_types,
            "direction": direction,
            "as_of": _instant(as_of, as_of_seq),
            "limit": limit,
        }
        return self._rows("TemporalNeighbors", namespace, arguments, _subgraph)

    def list_facts(
        self,
        namespace: str,
        edge_type: Optional[str] = None,
        *,
        from_id: Optional[str] = None,
        to_id: Optional[str] = None,
        mode: Optional[str] = None,
        at: Optional[Time] = None,
        start_time: Optional[Time] = None,
        end_time: Optional[Time] = None,
        as_of: Optional[Time] = None,
        as_of_seq: Optional[int] = None,
        changed_since: Optional[Time] = None,
        changed_since_seq: Optional[int] = None,
        filter: Optional[Filter] = None,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> Rows[TemporalEdge]:
        """Facts across nodes, those valid now unless something else is asked for; at most ``limit``, None = all.

        at: valid at that time. start_time, end_time: valid at some time between, where one left out is open. mode: as for
        :meth:`query_temporal_graph`, if the times do not say it; ``RANGE`` without times is every period. as_of,
        as_of_seq: as believed then. filter: on their properties, as for :meth:`search_collection`.

        changed_since, changed_since_seq: only beliefs asserted or retracted after that time or commit, of any period
        unless one is asked for, retracted ones too; each once, at its last change, by the commit of that. What was
        erased is not told.

        They come by from_id, type, start and to_id; those of one ``to_id`` by type, start and from_id. More than 1,000 are
        read in pages, each at one instant. cursor: go on where an answer of :meth:`render` ended.
        """
        since = _instant(changed_since, changed_since_seq, "changed_since")
        arguments = {
            "edge_type": edge_type,
            "from_id": from_id,
            "to_id": to_id,
            "mode": _mode(mode, at, start_time, end_time),
            "as_of": _instant(as_of, as_of_seq),
            "changed_since": since,
            "filter": given(filter),
            "limit": limit,
            "cursor": cursor,
        }
        return self._all("ListFacts", namespace, arguments, Rows if since is None else History)

    def temporal_history(
        self,
        namespace: str,
        node_id: str,
        edge_type: Optional[str] = None,
        *,
        other_id: Optional[str] = None,
        direction: Direction = "outgoing",
        start_time: Optional[Time] = None,
        end_time: Optional[Time] = None,
        as_of: Optional[Time] = None,
        as_of_seq: Optional[int] = None,
        newest_first: bool = False,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
    ) -> History[TemporalEdge]:
        """Every belief about a node's facts, also retracted and replaced ones; at most ``limit``, None = all.

        They come by type, start, other end and commit; with ``newest_first`` those that begin last come first, whatever
        their type, and of one fact the newest belief. edge_type, other_id: only facts of this type, or with this node at
        the other end. start_time, end_time: only beliefs in periods that overlap ``[start_time, end_time)`` in valid
        time; one left out is open. as_of, as_of_seq: the history as it was known then. cursor: go on where an answer of
        :meth:`render` ended.
        """
        arguments = {
            "node_id": node_id,
            "edge_type": edge_type,
            "other_id": other_id,
            "direction": direction,
            "start": start_time,
            "end": end_time,
            "as_of": _instant(as_of, as_of_seq),
            "newest_first": newest_first,
            "limit": limit,
            "cursor": cursor,
        }
        return self._all("TemporalHistory", namespace, arguments, History)

    @steps
    def erase_temporal(
        self,
        namespace: str,
        from_id: Optional[str] = None,
        edge_type: Optional[str] = None,
        to_id: Optional[str] = None,
        *,
        node_id: Optional[str] = None,
        filter: Optional[Filter] = None,
        start_time: Optional[Time] = None,
        end_time: Optional[Time] = None,
        durability: Durability = "durable",
    ) -> Steps[int]:
        """Remove facts with their whole history, for privacy. Returns how many beliefs, retracted ones too.

        No query finds them again, at any time or belief. All that is given must hold: from_id, to_id: where they begin,
        where they end; node_id: where they begin or end; edge_type: their type; filter: on the properties of each belief.
        start_time, end_time: facts whose period lies between, as they were believed last; an open one ends nowhere.

        Many are removed in several commits; an error in between leaves those that are left.
        """
        arguments = {
            "from_id": from_id,
            "edge_type": edge_type,
            "to_id": to_id,
            "node_id": node_id,
            "filter": filter,
            "start": start_time,
            "end": end_time,
            "durability": durability,
        }
        erased, cursor = yield self._call("EraseTemporal", namespace, arguments)
        while cursor is not None:
            part, cursor = yield self._call("EraseTemporal", namespace, {**arguments, "cursor": cursor})
            erased += part
        return erased
