-- SPDX-License-Identifier: BSD-2-Clause
.open test.db
PRAGMA journal_mode;
CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
INSERT INTO t SELECT i, printf('row %05d', i), i / 7.0 FROM n;
CREATE INDEX t_b ON t(b);
SELECT count(*), sum(c), max(b) FROM t;
BEGIN;
UPDATE t SET c = -c WHERE a % 3 = 0;
SELECT round(sum(c), 6) FROM t;
ROLLBACK;
SELECT round(sum(c), 6) FROM t;
DELETE FROM t WHERE a > 2500;
VACUUM;
PRAGMA integrity_check;
SELECT a, b, quote(c) FROM t WHERE b GLOB 'row 0123*' ORDER BY c DESC LIMIT 3;
CREATE VIRTUAL TABLE words USING fts5(text);
INSERT INTO words VALUES ('the quick brown fox'), ('jumps over'), ('the lazy dog');
SELECT rowid, highlight(words, 0, '<', '>') FROM words WHERE words MATCH 'the';
CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1, y0, y1);
INSERT INTO boxes VALUES (1, 0, 1, 0, 1), (2, 5, 6, 5, 6);
SELECT id FROM boxes WHERE x0 > 2;
SELECT sqrt(2), pow(2, 0.5), sin(1), hex(sqlite_version() > '3'), strftime('%Y-%m-%d', 1e9, 'unixepoch');
SELECT json_extract('{"a":[1,2,{"b":"c"}]}', '$.a[2].b'), json_group_array(a) FROM t WHERE a < 5;
ATTACH 'other.db' AS other;
CREATE TABLE other.copy AS SELECT * FROM main.t;
SELECT count(*) FROM other.copy;
PRAGMA main.journal_mode = TRUNCATE;
INSERT INTO t(b) VALUES ('last');
.mode column
SELECT * FROM t ORDER BY a DESC LIMIT 2;
.backup saved.db
.open saved.db
SELECT count(*), total(c) FROM t;
SELECT * FROM missing;
.quit
