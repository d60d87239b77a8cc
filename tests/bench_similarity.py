"""Seconds for the tables similarity and sentence_templates, over invented reports of as many years as asked for.

A third of a report's seventy sentences are its province's, a third its own of three years, four its prefecture's, the rest
stand nowhere else.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import duckdb

from tests.bench_warehouse import make
from warehouse import similarity

FIRST = 2015
_SECTIONS = """
INSERT INTO sections BY NAME
SELECT
    document_id || '.s' AS section_id, document_id, 0 AS ordinal, 'measures' AS role, []::VARCHAR[] AS flags,
    (
        SELECT string_agg(CASE
            WHEN i < 23 THEN '把推进法治政府建设摆在全局工作的重要位置第' || hash(region_code[1:2], i) || '号任务全部落实'
            WHEN i < 46 THEN '围绕本地实际健全行政执法监督体制机制编号' || hash(region_code, i, (report_year - 2015) // 3) || '持续用力'
            WHEN i < 50 THEN '相邻地方相互借鉴的做法包括联合执法和区域协作' || hash(region_code[1:4], report_year, i) || '等内容'
            ELSE '全年办理事项' || hash(document_id, i) || '件,健全工作机制,提升服务水平和群众满意度'
        END, '。' ORDER BY i) FROM range(70) t(i)
    ) AS text
FROM documents
"""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--years", type=int, default=11, help="years that each of 3,214 regions reports on (at most 11)"
    )
    years = parser.parse_args().years
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(str(Path(folder) / "x.duckdb")) as con:
        make(con, 1000)
        con.execute("DELETE FROM documents WHERE report_year >= $1", [FIRST + years])
        con.execute(_SECTIONS)
        ((reports,),) = con.execute("SELECT count(*) FROM sections").fetchall()
        began = time.perf_counter()
        similarity.fill(con)
        took = time.perf_counter() - began
        pairs = con.execute("SELECT relation, count(*) FROM similarity GROUP BY 1 ORDER BY 1").fetchall()
        ((templates,),) = con.execute("SELECT count(*) FROM sentence_templates").fetchall()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{reports:,} invented reports: {took:.1f} s, {memory:.1f} GB at most; pairs {dict(pairs)}, templates {templates:,}"
    )


if __name__ == "__main__":
    main()
