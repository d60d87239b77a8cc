"""Sample portals of invented places: the embedded default of `make run` and the exact truth for tests.

Everything here is invented: places carry codes 99xxxx, which GB/T 2260 does not use, and every figure is drawn.

    places.py     who publishes where (places.toml)
    figures.py    plausible figures of one body in one year (figures.toml)
    phrasing.py   a sentence pattern → text and the facts it states
    naming.py     what a body calls itself, titles, dates, numbers
    reports.py    a full report with its truth (phrases.toml)
    lookalikes.py what stands beside reports and is none (lookalikes.toml)
    families.py   how a family of portals builds addresses, lists and articles
    pages.py      what pages of every family share (chrome.toml)
    farm.py       one portal, and the set that `make run` crawls
    server.py     all of them on loopback
"""
