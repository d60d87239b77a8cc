"""Text of attached files: PDF, DOCX, DOC, WPS, OFD, RTF, and what is saved under their endings.

A file becomes lines as a page does: a paragraph a line, table rows with cells joined by tabs, in reading order. What
cannot be read raises Unreadable with a reason; a scan is said to be one and has no lines. Nothing is executed or
fetched on behalf of a file, and sizes are bounded. Files of Word's old format go through a converter that is installed
on the machine; everything else is read here and gives the same lines on any machine.
"""

from __future__ import annotations

import email
import email.policy
import io
import os
import re
import shutil
import signal
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser
from striprtf.striprtf import rtf_to_text

from knowledge.nesting import too_deep
from transform import markup
from transform.decode import UndecodableError, decode
from transform.files.filetext import MAX_PART, MAX_SECONDS, MIN_CHARS, FileText, Unreadable, tidy
from transform.files.ofd import read_ofd
from transform.files.ooxml import read_docx, read_wordml
from transform.files.pdf import read_pdf

PDF = "application/pdf"
WORD = "application/msword"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
OFD = "application/ofd"
RTF = "application/rtf"
MHTML = "multipart/related"
WORDML = "application/vnd.ms-wordml"  # one XML file: Word 2003, or a DOCX unpacked into one (flat OPC)

_HTML_HEAD = re.compile(rb"<html|<!doctype html|<head|<meta|<body")
_IMAGES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"), (b"GIF8", "image/gif"), (b"BM", "image/bmp"),
           (b"II*\0", "image/tiff"), (b"MM\0*", "image/tiff"))  # fmt: skip


def sniff(payload: bytes, url: str) -> str:
    """Media type as the bytes show it, whatever the ending says; text/plain where they show nothing but text.

    `url` decides only what a ZIP that cannot be opened was meant to be.
    """
    head = payload[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    low = head.lower()
    if b"%pdf-" in low[:1024]:
        return PDF
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        # Kingsoft's WPS Writer names its stream as Word does, so a .wps of it is a .doc; an encrypted DOCX is an OLE too
        known = any(name.encode("utf-16-le") in payload for name in ("WordDocument", "EncryptedPackage"))
        return WORD if known else "application/x-ole-storage"
    if head.startswith(b"PK\x03\x04"):
        return _sniff_zip(payload, url)
    if low.startswith(b"{\\rtf"):
        return RTF
    for magic, image in _IMAGES:
        if head.startswith(magic):
            return image
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        low = head[: len(head) & ~1].decode("utf-16", "replace").lower().encode()
    if b"<w:worddocument" in low or b"<pkg:package" in low or b'progid="word.document"' in low:
        return WORDML
    if low.startswith((b"mime-version:", b"from:")) and MHTML.encode() in low:
        return MHTML
    if _HTML_HEAD.search(low):
        return "text/html"
    return "application/octet-stream" if b"\0" in low else "text/plain"


def _sniff_zip(payload: bytes, url: str) -> str:
    ending = url.lower().rpartition(".")[2]
    try:
        names = {n.replace("\\", "/").lower().lstrip("/") for n in zipfile.ZipFile(io.BytesIO(payload)).namelist()}
    except Exception:  # a damaged directory fails in many ways
        return {"docx": DOCX, "ofd": OFD}.get(ending, "application/zip")
    if "ofd.xml" in names:
        return OFD
    return DOCX if any(re.fullmatch(r"word/document\d*\.xml", n) for n in names) else "application/zip"


def read_file(payload: bytes, media_type: str, name: str) -> FileText:
    """Text of one file. `media_type`: as sniff gives it; `name`: its name or address, of which the ending is used.

    Raises Unreadable for any file that has no text to give, and OSError only if the machine has no room for the files of
    a converter.
    """
    if media_type.startswith("image/"):
        return FileText([], True, "image")
    if media_type == WORD:
        return _word(payload, name)
    reader = _READERS.get(media_type)
    if reader is None:
        raise Unreadable("unsupported_media", f"{media_type} is no text document")
    try:
        got = reader(payload)
    except (Unreadable, MemoryError):  # the process that reads documents says what a lack of memory means
        raise
    except UndecodableError as e:
        raise Unreadable("undecodable", str(e)) from e
    except Exception as e:  # the parsers below meet files of any origin: whatever they stumble over is the file's fault
        raise Unreadable("damaged", f"{type(e).__name__}: {e}"[:300]) from e
    return _checked(got)


def _checked(got: FileText) -> FileText:
    """The same with tidy lines; raises Unreadable if there is no text and nothing that OCR could read."""
    lines = [x for x in map(tidy, got.lines) if x]
    if not got.needs_ocr and sum(map(len, lines)) < MIN_CHARS:
        raise Unreadable("empty", f"the file holds no more than {sum(map(len, lines))} characters of text")
    return FileText([] if got.needs_ocr else lines, got.needs_ocr, got.how)


# ---- HTML, plain text, RTF ----


def _html(payload: bytes) -> FileText:
    text = decode(payload).text
    if (place := too_deep(text)) is not None:
        raise Unreadable("too_deep", f"elements nest without end from character {place} on")
    body = LexborHTMLParser(text).body
    return FileText(markup.lines(body) if body else [], False, "html")


def _plain(payload: bytes) -> FileText:
    return FileText(decode(payload).text.splitlines(), False, "text")


def _mhtml(payload: bytes) -> FileText:
    """A web page that Word saved in one file."""
    message = email.message_from_bytes(payload, policy=email.policy.default)
    part = next(p for p in message.walk() if p.get_content_type() == "text/html")
    content = part.get_payload(decode=True)
    return _html(content if isinstance(content, bytes) else b"")


def _rtf(payload: bytes) -> FileText:
    page = re.search(rb"\\ansicpg(\d+)", payload[:2000])
    charset = f"cp{int(page[1])}" if page and int(page[1]) else "cp936"
    text = rtf_to_text(payload.decode("latin-1"), encoding=charset, errors="replace")  # type: ignore[no-untyped-call]
    return FileText([line.strip("|").replace("|", "\t") for line in text.splitlines()], False, "rtf")


# ---- DOC and WPS: an installed converter ----

# Program, arguments, and the file it writes ("": standard output), in the order in which they are tried: antiword is
# the quickest, LibreOffice the most faithful, catdoc lets field codes through.
_CONVERTERS = (
    ("antiword", ("-m", "UTF-8.txt", "-w", "0", "{file}"), ""),
    ("soffice", ("-env:UserInstallation=file://{home}/profile", "--headless", "--convert-to", "docx", "--outdir", "out", "{file}"), "out/file.docx"),
    ("wvText", ("{file}", "out.txt"), "out.txt"),
    ("catdoc", ("-d", "utf-8", "-w", "{file}"), ""),
)  # fmt: skip
_LOCKED = re.compile(r"encrypted|password", re.I)
_NOT_TEXT = re.compile(r"\[pic\]|^\[This was fast-saved.*\]$")


def _word(payload: bytes, name: str) -> FileText:
    """Text of a Word 97–2003 or WPS Writer file, by the first installed converter that makes text of it."""
    if "EncryptedPackage".encode("utf-16-le") in payload:
        raise Unreadable("encrypted", "a password is needed")
    installed = [(path, c) for c in _CONVERTERS if (path := shutil.which(c[0]))]
    if not installed:
        programs = ", ".join(c[0] for c in _CONVERTERS)
        raise Unreadable("no_converter", f"install antiword or LibreOffice to read .doc and .wps (none of: {programs})")
    said: list[str] = []
    for path, (program, arguments, result) in installed:
        with tempfile.TemporaryDirectory(prefix="fazhi-doc-") as home:
            ending = ".wps" if name.lower().endswith(".wps") else ".doc"
            Path(home, f"file{ending}").write_bytes(payload)
            command = [path, *(a.format(file=f"file{ending}", home=home) for a in arguments)]
            output, message = _run(command, home, result)
        if _LOCKED.search(message) or output.lstrip().startswith(b"[File is encrypted"):
            raise Unreadable("encrypted", "a password is needed")
        try:
            got = read_docx(output) if result.endswith(".docx") else _converted(output.decode("utf-8", "replace"))
            return _checked(FileText(got.lines, got.needs_ocr, ":".join(["doc", program, *got.how.split(":")[1:]])))
        except MemoryError:
            raise
        except Exception as e:  # the next converter may do better
            said.append(f"{program}: {message.strip() or e}"[:150])
    raise Unreadable("damaged", "; ".join(said))


def _run(command: list[str], home: str, result: str) -> tuple[bytes, str]:
    """(what the converter wrote, its messages); both may be empty. Children die with it when time is up."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8"}
    out, errors = Path(home, "stdout"), Path(home, "stderr")
    with out.open("wb") as stdout, errors.open("wb") as stderr:
        try:
            process = subprocess.Popen(
                command, cwd=home, env=environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True
            )  # fmt: skip
            process.wait(MAX_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return b"", f"took longer than {MAX_SECONDS:.0f} s"
        except OSError as e:  # it is named like a converter and cannot be run
            return b"", str(e)
    written = Path(home, result) if result else out
    content = b""  # what a converter leaves that failed may be half a text
    if process.returncode == 0 and written.is_file() and written.stat().st_size <= MAX_PART:
        content = written.read_bytes()
    return content, errors.read_bytes()[:2000].decode("utf-8", "replace")


def _converted(text: str) -> FileText:
    """Lines of a converter's plain text, with its table drawing | a | b | as tabs."""
    lines: list[str] = []
    for line in text.splitlines():
        row = _NOT_TEXT.sub("", line).strip()
        if row.startswith("|") and row.endswith("|"):
            row = "\t".join(cell.strip() for cell in row[1:-1].split("|"))
        lines.append(row)
    return FileText(lines, "[pic]" in text and sum(map(len, lines)) < MIN_CHARS, "doc")


_READERS: dict[str, Callable[[bytes], FileText]] = {
    PDF: read_pdf,
    DOCX: read_docx,
    WORDML: read_wordml,
    OFD: read_ofd,
    RTF: _rtf,
    MHTML: _mhtml,
    "text/html": _html,
    "application/xhtml+xml": _html,
    "text/plain": _plain,
}
