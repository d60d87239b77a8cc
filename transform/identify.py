"""Who reports, on which year, when it was signed and put online: each answer with its basis.

Order of evidence follows the field's practice: title, then the body's opening and signature, then the page's own
metadata, then the portal. A field that nothing tells stays empty.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from knowledge import regions
from knowledge.bodies import Body, Place, issuer_id, place, read_body
from knowledge.text import is_traditional, plain
from knowledge.titles import REPORT_TYPES, TitleReading, clean_title, read_title
from knowledge.years import date_flag
from transform.dates import find_date, restore_date
from transform.extract import Page

_SITE_CODE = re.compile(r"(?<!\d)\d{10}(?!\d)")
_OPENING = re.compile(r"(20[0-3]\d)年(度)?(?!.{0,3}(以来|[-—–~至]))")
_SINCE = re.compile(r"(20[0-3]\d)年以来")
_NEXT_YEAR = re.compile(r"(20[0-3]\d)年.{0,24}(安排|计划|打算|思路|重点|部署)")
_SIGNATURE_NAME = re.compile(r"^[\u4e00-\u9fff()\s]{4,40}$")
_URL_DATE = re.compile(
    r"/t(20\d{2})(\d{2})(\d{2})_|/(20\d{2})[-/](\d{1,2})[-/](\d{1,2})/|/art/(20\d{2})/(\d{1,2})/(\d{1,2})/"
)
_DRAFTER = re.compile(r"(司法局|司法厅|办公室|政府办|信息中心|大数据.{0,6}局|政务.{0,6}局)$")
_OFFICE_WORDS = re.compile(r"我(局|委|办|厅|中心|支队|大队)|(本|全)局|局(党组|机关|领导班子)")
_AREA_WORDS = re.compile(r"(我|全)(省|市|州|县|区|旗|镇|乡|街道)|(省|市|县|区)政府|各(乡镇|镇|街道)")
_LATE_MONTH = 9  # from October on a report may be about the running year: without a stated year nothing is said
MIN_REPORT = 120  # characters; less under a report's title is a list entry or an empty page
_SEE_FILE = re.compile(r"附件|详见|点击(下载|查看)|\.(pdf|docx?|wps|ofd)", re.I)
_SPEECH = re.compile(r"各位(代表|委员)|主任(、|:)|尊敬的|.{0,6}人大常委会:")


@dataclass(slots=True)
class Identity:
    """The identifying columns of table documents; None where nothing tells."""

    title: str
    doc_type: str
    report_year: int | None = None
    report_year_basis: str | None = None
    issuer: Body | None = None
    place: Place | None = None
    published_on: date | None = None
    published_on_basis: str | None = None
    signed_on: date | None = None
    index_number: str | None = None
    document_number: str | None = None
    flags: list[str] = field(default_factory=list)

    @property
    def issuer_id(self) -> str | None:
        """Key of the issuer; None where nobody is named."""
        return issuer_id(self.issuer) if self.issuer else None


def identify(page: Page, url: str, portal: tuple[str, str] | None, listed: tuple[str | None, date | None],
             extra: tuple[Place, ...] = ()) -> Identity:  # fmt: skip
    """Identity of a page.

    `portal`: (region code, name) of the registry row it came from; `listed`: title and date that the list row gave;
    `extra`: places that the region tables do not know.
    """
    title = _title(page, listed[0])
    reading = read_title(title)
    out = Identity(title=title, doc_type=_doc_type(page, reading))
    home = place(*portal) if portal else None
    out.index_number = page.metadata.get("index_number")
    out.document_number = page.metadata.get("document_number")
    site = _site_place(page, out)
    _year_stated(page, reading, out)
    _published(page, url, listed[1], out)
    early = out.published_on is not None and out.published_on.month <= _LATE_MONTH
    if out.report_year is None and out.published_on and early and out.doc_type in REPORT_TYPES:
        out.report_year, out.report_year_basis = out.published_on.year - 1, "published"
    _issuer(page, reading, home or site, extra, out)
    _signed(page, out)
    _check_dates(out)
    if points_to_file(page):
        out.flags.append("text_in_attachment")
    if is_traditional(title) or is_traditional(page.text[:2000]):
        out.flags.append("traditional_script")
    return out


def _title(page: Page, listed: str | None) -> str:
    """The page's own title; the list's where the page has none or cuts it short."""
    own = page.title
    if own and not own.endswith(("...", "…")):
        return own
    return clean_title(listed) if listed else own or next((x for x in page.lines if len(x) < 80), "")


def _doc_type(page: Page, reading: TitleReading) -> str:
    """The title's type, corrected by the body: a speech to a people's congress; a report announced in so many words."""
    kind = reading.doc_type
    opening = [plain(x) for x in page.lines[:3]]
    if kind == "annual_report" and any(_SPEECH.match(x) for x in opening):
        return "npc_report"
    if kind == "annual_report" and 0 < len(page.text) < MIN_REPORT and not points_to_file(page):
        return "other"
    return kind


def points_to_file(page: Page) -> bool:
    """True if a page has no text of its own but says that it is in an attached file."""
    return 0 < len(page.text) < MIN_REPORT and page.extraction != "attachment" and bool(_SEE_FILE.search(page.text))


def _site_place(page: Page, out: Identity) -> Place | None:
    """Place by the 网站标识码, whose first six digits are the region's code when the site was registered."""
    printed = page.meta.get("siteidcode") or page.metadata.get("site_code", "")
    if not (m := _SITE_CODE.search(printed)):
        return None
    code = m[0][:6]
    if regions.by_code(code) and regions.current(code) != code:
        out.flags.append("region_code_abolished")
    return place(code)


def _published(page: Page, url: str, listed: date | None, out: Identity) -> None:
    """Date put online: PubDate meta, the metadata table or info line, the address, the list row.

    A PubDate that another two contradict, or that lies before the year reported on was over, is the column's or the
    template's: it is not believed.
    """
    found = {
        "meta": find_date(page.meta.get("pubdate", "")),
        "table": find_date(page.metadata.get("published", "")),
        "url": _url_date(url),
        "list": listed,
    }
    meta = found["meta"]
    others = [day for basis, day in found.items() if day and basis != "meta"]
    is_contradicted = meta is not None and meta not in others and len(others) >= 2 and len(set(others)) == 1
    is_too_early = meta is not None and out.report_year is not None and meta.year < out.report_year and bool(others)
    if is_contradicted or is_too_early:
        out.flags.append("pubdate_contradicted")
        found["meta"] = None
    for basis, day in found.items():
        if day:
            out.published_on, out.published_on_basis = day, basis
            return


def _url_date(url: str) -> date | None:
    if not (m := _URL_DATE.search(url)):
        return None
    year, month, day = (int(x) for x in m.groups() if x)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _issuer(page: Page, reading: TitleReading, home: Place | None, extra: tuple[Place, ...], out: Identity) -> None:
    """The body that reports: title, then signature, then 发布机构, then ContentSource, then the portal's government.

    Who published a page need not have written it: an office that drafts for its government (司法局, 办公室) counts as
    the government where the text speaks of the whole area and not of the office.
    """
    for printed in (reading.subject, *_signatures(page.lines)):
        body = read_body(printed, home, extra) if printed else None
        if body:
            out.issuer = body
            break
    else:
        for printed in (page.metadata.get("publisher"), page.meta.get("contentsource")):
            body = read_body(printed, home, extra) if printed else None
            drafted = out.doc_type in REPORT_TYPES and body and body.kind == "department" and _DRAFTER.search(body.name)
            if drafted and home and not _speaks_as_office(page):
                body = read_body(home.name, home, extra)
            if body:
                out.issuer = body
                break
    if out.issuer is None and home and out.doc_type in REPORT_TYPES:
        out.issuer = Body(home.name + "人民政府", "government", home.level, home.code)
        out.flags.append("issuer_from_portal")
    code = out.issuer.region_code if out.issuer and out.issuer.region_code else None
    if code is None and home:
        code = home.code
    known = {p.code: p for p in (*extra, *((home,) if home else ()))}
    out.place = known.get(code) or place(code) if code else None
    if out.issuer and out.issuer.region_code is None and out.place and out.issuer.level != "national":
        out.issuer = Body(out.issuer.name, out.issuer.kind, out.issuer.level or out.place.level, out.place.code)


def _speaks_as_office(page: Page) -> bool:
    """True if the text speaks of 我局 and the like at least as often as of 我县, 全县, 县政府."""
    text = plain(page.text)
    return len(_OFFICE_WORDS.findall(text)) >= max(1, len(_AREA_WORDS.findall(text)))


def _signatures(lines: list[str]) -> list[str]:
    """Lines near the end that can be a body's name under a report."""
    return [x for x in (plain(line) for line in lines[-10:] if len(line) <= 40) if _SIGNATURE_NAME.match(x.strip())]


def _signed(page: Page, out: Identity) -> None:
    """Date under the signature, or of delivery; one that lost 年月日 is restored if only one reading fits."""
    for printed in reversed(page.lines[-10:]):
        if "。" in printed:
            break  # the last sentence: what signs stands below it, what is annexed too
        if len(printed) > 40:
            continue
        line = plain(printed)
        if day := find_date(line):
            out.signed_on = day
            return
        if out.published_on and (day := restore_date(line, out.published_on)):
            out.signed_on = day
            out.flags.append("date_restored")
            return
    for line in page.delivered:
        if day := find_date(plain(line)):
            out.signed_on = day
            return


def _year_stated(page: Page, reading: TitleReading, out: Identity) -> None:
    """Year reported on as the document states it: title; opening sentences; the year before the next year's plan."""
    if reading.report_year:
        out.report_year, out.report_year_basis = reading.report_year, "title"
        return
    opening = plain("".join(page.lines[:3]))[:600]
    opening = re.sub(r"《[^》]*》", "", opening)
    for pattern in (_SINCE, _OPENING):
        if m := pattern.search(opening):
            out.report_year, out.report_year_basis = int(m[1]), "body"
            return
    for line in page.lines:
        if len(line) < 60 and re.match(r"[一二三四五六七八九十]+、", line) and (m := _NEXT_YEAR.search(plain(line))):
            out.report_year, out.report_year_basis = int(m[1]) - 1, "next_year"
            return


def _check_dates(out: Identity) -> None:
    if flag := date_flag(out.report_year, out.published_on):
        out.flags.append(flag)
