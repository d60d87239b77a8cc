"""The difference between two releases in words: a summary in a line of Chinese and one of English, then what happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from knowledge.console import inert

MOST = 20  # lines of a kind: a person reads no more

# kind of event → heading, in the order of the page
HEADINGS = {
    "added": "新增报告 · reports added",
    "withdrawn": "撤下报告 · reports withdrawn",
    "revised": "改版报告 · reports revised",
    "reclassified": "重新归类 · reports reclassified",
    "value_changed": "数值改动 · values changed",
    "value_added": "新读出数值 · values added",
    "value_removed": "不再读出数值 · values removed",
    "panel_changed": "面板取值改变 · panel cells chosen otherwise",
}
_MADE_FROM = {
    "archive": "存档 archive", "code": "代码 code", "libraries": "依赖库 libraries", "corrections": "更正 corrections",
    "registry": "门户登记 registry",
}  # fmt: skip

Row = dict[str, Any]


def told(found: Row) -> str:
    """What diff() found, for a person."""
    events: list[Row] = found["events"]
    n = Counter(e["kind"] for e in events)
    cells, matches = len(found["cells"]), len(found["checks"]["no_longer_match"])
    lines = [f"{found['a']} → {found['b']}"]
    lines.append(
        f"报告:新增 {n['added']},撤下 {n['withdrawn']},改版 {n['revised']},重新归类 {n['reclassified']};"
        f"数值:改动 {n['value_changed']},新增 {n['value_added']},消失 {n['value_removed']};面板单元格变动 {cells};"
        f"不再吻合的上年数 {matches}。"
    )
    lines.append(
        f"Reports: {n['added']} added, {n['withdrawn']} withdrawn, {n['revised']} revised, {n['reclassified']} reclassified; "
        f"values: {n['value_changed']} changed, {n['value_added']} added, {n['value_removed']} removed; "
        f"{cells} panel cells changed; {matches} figures of the year before no longer match."
    )
    of = [_MADE_FROM.get(name, name) for name in found["made_from"]]
    lines.append("不同之处 · what differs: " + (", ".join(of) if of else "无 nothing"))
    names: dict[str, str] = found["indicators"]
    for kind, heading in HEADINGS.items():
        some = [e for e in events if e["kind"] == kind]
        lines += _part(heading, [_event(e, names, found["figures"]) for e in some])
    lines += _part(
        "不再吻合的上年数 · figures of the year before that no longer match",
        map(_check, found["checks"]["no_longer_match"]),
    )
    lines += _part("新的更正 · corrections that came", map(_correction, found["corrections"]["came"]))
    lines += _part("撤销的更正 · corrections that went", map(_correction, found["corrections"]["went"]))
    came, went = len(found["checks"]["came"]), len(found["checks"]["went"])
    if came or went:
        lines += ["", f"数字打架 · findings of checks: {came} came, {went} went"]
    return "\n".join(lines)


def _part(heading: str, items: Iterable[str]) -> list[str]:
    """A heading and at most MOST lines under it; nothing where there are none."""
    all_items = list(items)
    if not all_items:
        return []
    more = len(all_items) - MOST
    shown = [f"  {inert(item)}" for item in all_items[:MOST]]
    return ["", f"{heading} ({len(all_items)})", *shown, *([f"  … {more} more (--json)"] if more > 0 else [])]


def _event(e: Row, names: dict[str, str], figures: list[Row]) -> str:
    who = f"{e['report_year'] or '?'} {e['issuer_name'] or '?'}"
    match e["kind"]:
        case "added" | "withdrawn":
            return f"{who} {e['doc_type']} {e['url']}"
        case "revised":
            within = [_figure(f, names) for f in figures if f["document_id"] == e["document_id"]]
            return f"{who} {e['url']}" + (": " + "; ".join(within) if within else "")
        case "reclassified":
            said = ", ".join(f"{d['column']} {d['before']} → {d['after']}" for d in e["differs"] or [])
            return f"{who}: {said or 'counts no longer, or again'} {e['url']}"
        case "panel_changed":
            return f"{who} {_figure(e | {'code_before': e['code'], 'unit_before': e['unit'], 'differs': None}, names)}"
    return f"{who} {_figure(e, names)}"


def _figure(f: Row, names: dict[str, str]) -> str:
    """One figure before and after, with both quotes."""
    before, after = f["code_before"], f["code"]
    name = names.get(after or before, after or before)
    if before and after and before != after:
        name = f"{names.get(before, before)} → {name}"
    old, new = _said(f["value_before"], f["unit_before"]), _said(f["value"], f["unit"])
    quotes = " → ".join(f"“{q}”" if q else "—" for q in (f["quote_before"], f["quote"]))
    others = [f"{d['column']} {d['before']} → {d['after']}" for d in f.get("differs") or [] if d["column"] not in ("value", "unit", "indicator_code")]  # fmt: skip
    return f"{name} {old} → {new}" + (f" ({', '.join(others)})" if others else "") + f" {quotes}"


def _said(value: float | None, unit: str | None) -> str:
    return "—" if value is None else f"{value:.15g}{unit or ''}"


def _check(c: Row) -> str:
    return f"{c['detail']} “{c['quote']}” “{c['other_quote'] or ''}”"


def _correction(c: Row) -> str:
    return (
        f"{c['table']} {c['key']} {c['column']}: {c['value_before']} → {c['value']} ({c['who']}, {c['why']}, {c['on']})"
    )
