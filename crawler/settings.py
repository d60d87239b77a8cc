"""Scrapy's settings, each with its reason. crawler.run adds what belongs to one run (FAZHI_…, User-Agent, delay)."""

from crawler import __version__

BOT_NAME = "fazhi"
SPIDER_MODULES = ["crawler.spiders"]

# -- Who we are and what we obey ------------------------------------------------------------------------------------
# The name and a way to reach the operator, so that a webmaster can object. Never a browser's name.
USER_AGENT = f"Fazhi/{__version__}"
ROBOTSTXT_USER_AGENT = "Fazhi"
ROBOTSTXT_OBEY = True
ROBOTSTXT_PARSER = "crawler.policy.RobotsParser"  # portals answer /robots.txt with their home page
# A portal that wants JavaScript or a cookie before it answers has said no: it is recorded as blocked and left alone.
COOKIES_ENABLED = False
METAREFRESH_ENABLED = False
# The guard judges the address we connect to; behind a proxy it would judge the proxy's.
HTTPPROXY_ENABLED = False

# -- How hard we press ------------------------------------------------------------------------------------------------
# County portals are small machines. One request at a time, two seconds apart, per host (host and port: the guard
# sets the slot). Without jitter, since jitter also shortens the pause.
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 2.0
DOWNLOAD_DELAY_JITTER = 0
# Per run and host: a portal with its sub-sites needs some hundreds of requests, a history of reports some hundreds
# more. Who needs more than this is a trap, or is better served over several nights.
HOST_BUDGET = 3000
# Window of the day in China in which public hosts are asked, like 22:00-06:30; empty: any time. NIGHT=… sets it.
NIGHT_WINDOW = ""
# Many hosts side by side; each waiting request of a host holds one of these places.
CONCURRENT_REQUESTS = 32
# Slow answers mean a busy machine: wait as long as it takes to answer, at most half a minute. The ceiling also bounds
# what Retry-After and Crawl-delay can make a run wait; a host that wants more is left for a later run.
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = DOWNLOAD_DELAY
AUTOTHROTTLE_TARGET_CONCURRENCY = 1.0
AUTOTHROTTLE_MAX_DELAY = 30.0
# One more try for what may pass; the next run asks again anyway.
RETRY_TIMES = 1
# Portals behind 集约化 platforms redirect once or twice (http → https → new place); more is a circle.
REDIRECT_MAX_TIMES = 5

# -- What we take ------------------------------------------------------------------------------------------------------
# Scanned reports run to tens of megabytes; what is larger is a video or a mistake.
DOWNLOAD_MAXSIZE = 64 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
# Slow, but not for ever: some portals accept a connection and never answer.
DOWNLOAD_TIMEOUT = 60
DNS_TIMEOUT = 20
# No name is forgotten within a run: its address was judged once (crawler.policy), and a second answer might differ.
DNSCACHE_SIZE = 1_000_000
# A body cut short is logged as broken_response and tried again, not archived as if it were the page.
DOWNLOAD_FAIL_ON_DATALOSS = True
# A source that cannot prove who it is must not pass for evidence; such portals are logged as tls_error.
DOWNLOAD_VERIFY_CERTIFICATES = True
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9",
    # Bodies are archived as received: only encodings that every WARC reader undoes.
    "Accept-Encoding": "gzip, deflate",
}
# Only the web: no link may make us read a local file.
DOWNLOAD_HANDLERS = {
    "http": "crawler.policy.PoliteHandler",
    "https": "crawler.policy.PoliteHandler",
    "file": None,
    "ftp": None,
    "data": None,
    "s3": None,
}

# -- How requests and responses pass ---------------------------------------------------------------------------------
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # columns rightly link to departments' hosts
    "crawler.policy.TargetGuard": 50,  # before robots.txt is asked for
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.policy.RobotsRules": 100,
    "crawler.policy.RobotsStatus": 150,  # above redirects and retries: judges the last answer
    "crawler.recorder.Recorder": 950,  # below redirects (600), retries (550) and decompression (590): sees the wire
}
EXTENSIONS = {"crawler.progress.Progress": 100}
# First in, first out: lists show the newest report first, and a run cut short should have that one.
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"

# -- What we do not open ----------------------------------------------------------------------------------------------
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
HTTPCACHE_ENABLED = False  # the archive is the cache

# -- What is said where -----------------------------------------------------------------------------------------------
LOG_LEVEL = "WARNING"
STATS_DUMP = False
