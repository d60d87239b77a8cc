"""Sample portals of invented places: the embedded default of `make run`, generated farms, and the exact truth for tests.

Everything here is invented: places carry codes 99xxxx, which GB/T 2260 does not use, and every figure is drawn.

What is published
    places.py     who publishes where (places.toml), and as many more places as asked for (names.toml)
    figures.py    plausible figures of one body in one year (figures.toml)
    phrasing.py   a sentence pattern → text and the facts it states
    naming.py     what a body calls itself, titles, dates, numbers
    reports.py    a full report with its truth (phrases.toml)
    forms.py      a report inside a notice, as delivered to a congress, with a file, corrected
    lookalikes.py what stands beside reports and is none (lookalikes.toml)
    others.py     what has nothing to do with them: news, notices, services (others.toml)
    files.py      attached PDF and DOCX

How it is published
    site.py       what the pages of a portal have in common; FAULTS, the ways in which a portal may deviate
    pages.py      what pages of every family share (chrome.toml)
    families/     how a family of portals builds addresses, lists and articles, a module each
    traps.py      mirrors (traditional.toml), moved hosts, challenges
    faults.py     hosts that misbehave, a fault each
    portal.py     a portal as it is served: pages, queries, postbacks, truth
    builder.py    from a site to its portal
    tree.py       a generated portal: its columns, sub-sites, and what stands in them
    farm.py       one portal, the set that `make run` crawls, a farm, the farm some weeks later
    load.py       a hundred thousand pages to measure with: some hundreds with other names and figures, no server
    server.py     all of them on loopback
"""
