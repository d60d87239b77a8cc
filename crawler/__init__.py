"""Crawler: from government portals, or local files, to the archive $(DATA)/raw.

registry.py   portals.csv: which portals there are
spiders/      from a portal's home page or report columns to its reports and their attachments
families/     how each family of portals writes its lists
discovery.py  which links are worth following; frontier.py  in which order, within which budget
visit.py      one portal in one run
rows.py       which rows of a list are fetched
learnt.py     what runs learn about portals, and leave to the next
schedule.py   when something known is due again
policy.py     what may be asked, when, and how often
recorder.py   every exchange into the archive, every attempt into the crawl log
outcomes.py   how an attempt ended
archive.py    WARC files and the crawl log themselves
history.py    what earlier runs left behind: the crawler's only state
changes.py    whether a page says anything else than before
repair.py     what a killed run left unfinished
runs.py       a run's folder, its lock and its row of crawl_runs
parts.py      a crawl in parts, on a cluster
crawl.py      a crawl from the registry to its summary
run.py        `make crawl`;  ingest.py  `make ingest`;  progress.py  what a crawl shows while it runs
settings.py   Scrapy's settings, each with its reason
"""

__version__ = "0.1.0"
