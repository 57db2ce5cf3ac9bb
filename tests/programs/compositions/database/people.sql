CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born INTEGER);
CREATE INDEX people_born ON people (born);
BEGIN;
INSERT INTO people (name, born) VALUES ('Ada Lovelace', 1815), ('Alan Turing', 1912),
    ('Grace Hopper', 1906), ('Edsger Dijkstra', 1930), ('Barbara Liskov', 1939), ('nobody', NULL);
COMMIT;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
    INSERT INTO people (name, born) SELECT printf('person %03d', i), 1500 + i % 400 FROM n;
SELECT name, born FROM people WHERE id <= 6 ORDER BY born;
SELECT born / 100 AS century, count(*), min(name), round(avg(born), 2) FROM people
    WHERE born IS NOT NULL GROUP BY century ORDER BY century;
SELECT a.name || ' and ' || b.name FROM people a JOIN people b ON a.born = b.born AND a.id < b.id
    WHERE a.born BETWEEN 1898 AND 1912 ORDER BY 1 LIMIT 5;
DELETE FROM people WHERE id % 2 = 0;
VACUUM;
SELECT count(*), total(born) FROM people;
SELECT name FROM nowhere;
