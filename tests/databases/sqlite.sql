-- A harbour, as four decades of programs have left it in SQLite.

CREATE TABLE Person (PersonID INTEGER PRIMARY KEY, "First Name" TEXT NOT NULL, "Last Name" TEXT NOT NULL, Born DATE, Email VARCHAR(80) UNIQUE,
    ReportsTo INTEGER REFERENCES Person (PersonID), BuddyID INT REFERENCES Person (PersonID));
INSERT INTO Person VALUES (1, 'Ada', 'Berg', '1961-04-12', 'ada@harbour.example', NULL, NULL), (2, 'Bo', 'Dahl', '1970-01-01', NULL, 1, 1),
    (3, 'Cleo', 'O''Neil', NULL, 'cleo@harbour.example', 1, 2), (4, 'Zoë', 'Ünal', '1999-12-31', 'zoe@harbour.example', 2, 3);

CREATE TABLE users (id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL DEFAULT '', api_key TEXT, PersonID INTEGER UNIQUE REFERENCES Person,
    active BOOLEAN NOT NULL DEFAULT 1, created TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);
INSERT INTO users VALUES (1, 'ada', 'x1', 'k1', 1, 1, '2020-02-29 12:00:00'), (2, 'bo', 'x2', NULL, 2, 0, '2021-06-30 23:59:59');

CREATE TABLE session (token TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id));

CREATE TABLE Country (Code CHAR(2) PRIMARY KEY, Name NVARCHAR(60) NOT NULL, "Call Prefix" SMALLINT) WITHOUT ROWID;
INSERT INTO Country VALUES ('NO', 'Norway', 47), ('PA', 'Panama', 507), ('LR', 'Liberia', 231);

CREATE TABLE "Ship Type" (id INTEGER PRIMARY KEY AUTOINCREMENT, "name" TEXT NOT NULL, "select" INT, "order" INT, "2nd hand" BOOLEAN);
INSERT INTO "Ship Type" VALUES (1, 'Bulk carrier', 1, 10, 0), (2, 'Tanker', NULL, 20, 1), (3, 'Ferry', 3, NULL, NULL);

CREATE TABLE Ship (Imo INT NOT NULL PRIMARY KEY, Name VARCHAR(60) NOT NULL, FlagCountry_code CHAR(2) REFERENCES Country, BuiltCountry_code CHAR(2) REFERENCES Country (Code),
    "Ship Type id" INTEGER REFERENCES "Ship Type" (id), Length_m REAL, Gross DECIMAL(10, 2), Launched DATETIME, Photo BLOB, Notes, Meta JSON,
    Length_ft REAL GENERATED ALWAYS AS (Length_m * 3.28084) VIRTUAL, Label TEXT GENERATED ALWAYS AS (Name || ' (' || Imo || ')') STORED);
INSERT INTO Ship (Imo, Name, FlagCountry_code, BuiltCountry_code, "Ship Type id", Length_m, Gross, Launched, Photo, Notes, Meta) VALUES
    (9000001, 'Nordlys', 'NO', 'NO', 3, 121.8, 11204.50, '1994-03-01', x'0102', 'old', '{"deck": 7}'),
    (9000002, 'Amistad', 'PA', 'NO', 1, 229.0, 40000, '2007-11-15', NULL, 12, NULL),
    (9000003, 'Gulf %_ Star', 'LR', NULL, 2, 333.25, 160000.99, '2012-02-29', x'', NULL, '[]');

CREATE TABLE Berth (Quay TEXT NOT NULL, Number INTEGER NOT NULL, Depth NUMERIC, "Max Length" DOUBLE PRECISION, PRIMARY KEY (Quay, Number));
INSERT INTO Berth VALUES ('North', 1, 9.5, 250), ('North', 2, 12, 350.5), ('South/East', 1, 7.25, 120);

CREATE TABLE Call (CallID INTEGER PRIMARY KEY, Imo INT NOT NULL REFERENCES Ship, Quay TEXT, BerthNumber INTEGER, Arrived DATETIME NOT NULL, Departed DATETIME,
    PilotID INTEGER REFERENCES Person (PersonID), AgentID INTEGER REFERENCES Person (PersonID), Draught FLOAT, "at" TIME,
    FOREIGN KEY (Quay, BerthNumber) REFERENCES Berth (Quay, Number));
INSERT INTO Call VALUES (1, 9000001, 'North', 1, '2024-05-01 06:30:00', '2024-05-01 18:00:00', 2, 3, 4.9, '06:30:00'),
    (2, 9000002, 'North', 2, '2024-05-02 00:00:00', NULL, NULL, 3, 12.5, NULL), (3, 9000001, NULL, NULL, '2024-06-01 06:30:00', NULL, 4, NULL, NULL, '23:59:59');

CREATE TABLE "Call Line" (CallID INTEGER NOT NULL REFERENCES Call ON DELETE CASCADE, LineNo INTEGER NOT NULL, Text TEXT NOT NULL DEFAULT '', Amount MONEY NOT NULL DEFAULT 0,
    PRIMARY KEY (CallID, LineNo));
INSERT INTO "Call Line" VALUES (1, 1, 'Pilotage', 1250.5), (1, 2, 'Water', 80), (2, 1, 'Mooring', 400.05);

CREATE TABLE line_note (id INTEGER PRIMARY KEY, CallID INTEGER, LineNo INTEGER, note TEXT, FOREIGN KEY (CallID, LineNo) REFERENCES "Call Line" (CallID, LineNo));
INSERT INTO line_note VALUES (1, 1, 1, 'late'), (2, 1, 1, 'again'), (3, NULL, NULL, NULL);

CREATE TABLE Certificate (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
INSERT INTO Certificate VALUES (1, 'Radio'), (2, 'Fire'), (3, 'Ice');
CREATE TABLE PersonCertificate (PersonID INTEGER NOT NULL REFERENCES Person, CertificateID INTEGER NOT NULL REFERENCES Certificate, PRIMARY KEY (PersonID, CertificateID));
INSERT INTO PersonCertificate VALUES (2, 1), (2, 2), (4, 3);
CREATE TABLE Crew (Imo INT NOT NULL REFERENCES Ship, PersonID INTEGER NOT NULL REFERENCES Person, Rank TEXT, Since DATE NOT NULL, PRIMARY KEY (Imo, PersonID));
INSERT INTO Crew VALUES (9000001, 4, 'Master', '2023-01-01'), (9000002, 3, NULL, '2022-07-15');

CREATE TABLE Pilot (PersonID INTEGER PRIMARY KEY REFERENCES Person, Licence TEXT NOT NULL, Valid DATE);
INSERT INTO Pilot VALUES (2, 'NO-77', '2030-01-01'), (4, 'NO-78', NULL);

CREATE TABLE Category (CategoryID INTEGER PRIMARY KEY, Name TEXT NOT NULL, ParentID INTEGER REFERENCES Category);
INSERT INTO Category VALUES (1, 'Goods', NULL), (2, 'Bulk', 1), (3, 'Grain', 2);
CREATE TABLE Cargo (id INTEGER PRIMARY KEY, what TEXT NOT NULL, CategoryID INTEGER NOT NULL REFERENCES Category, guid UNIQUEIDENTIFIER NOT NULL UNIQUE, weight BIGINT, dangerous BIT);
INSERT INTO Cargo VALUES (1, 'Wheat', 3, '7c9e6679-7425-40de-944b-e07fc1f90ae7', 52000000000, 0), (2, 'Ethanol', 2, '16fd2706-8baf-433b-82eb-8c7fada847da', 900, 1);
CREATE TABLE CargoOnCall (CallID INTEGER NOT NULL REFERENCES Call, CargoID INTEGER NOT NULL REFERENCES Cargo, UNIQUE (CallID, CargoID));
INSERT INTO CargoOnCall VALUES (1, 1), (2, 1), (2, 2);

CREATE TABLE Weather ("Measured at" DATETIME NOT NULL, station TEXT NOT NULL, wind REAL, note TEXT);
CREATE UNIQUE INDEX weather_once ON Weather (station, "Measured at");
INSERT INTO Weather VALUES ('2024-05-01T06:00:00Z', 'Mole', 7.5, NULL), ('2024-05-01T07:00:00Z', 'Mole', 9, 'gusts');

CREATE TABLE Logbook (entered TEXT, line TEXT, level INTEGER);
INSERT INTO Logbook VALUES ('Monday', 'all quiet', 1), ('Monday', 'all quiet', 1), ('Tuesday', NULL, 2), (NULL, 'fog', NULL), ('Tuesday', NULL, 2);

CREATE TABLE Mixed (id INTEGER PRIMARY KEY, a INTEGER, b DATETIME, c BOOLEAN, d NUMERIC, e STRING, f DATE, g DATETIME, h "LONG VARCHAR", i INTERVAL, k POINT, l);
INSERT INTO Mixed VALUES (1, 'seven', '0000-00-00 00:00:00', 'true', '12,5', 007, '31.12.1999', 1714521600, 'x', 5, 1, 1.5),
    (2, 7, '2024-01-01 00:00:00', 0, 12.5, 'abc', '1999-12-31', 1714521601, NULL, NULL, NULL, 2), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE "Tug & Tow" ("No." INTEGER PRIMARY KEY, "Horse Power" INTEGER, "a_x0020_b" TEXT, "$metadata" TEXT, __class__ TEXT, "Größe" REAL, "metadata" TEXT, "registry" TEXT);
INSERT INTO "Tug & Tow" VALUES (1, 3000, 'x', 'y', 'z', 1.5, 'm', 'r');

CREATE TABLE News (id INTEGER PRIMARY KEY, headline TEXT NOT NULL, published DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')));
INSERT INTO News VALUES (1, 'New quay', '2024-01-02 03:04:05.678');
CREATE TABLE Repair (id INTEGER PRIMARY KEY, begun DATETIME, ended TIMESTAMP, signed DATETIME);
INSERT INTO Repair VALUES (1, '2016-07-04', '2016-07-04T10:00:00Z', '2016-07-04 10:00:00.5'), (2, '2016-07-04 00:00:00', '2016-07-05T12:00:00+02:00', '2016-07-04 10:00:00'),
    (3, '2016-07-03 23:59:59', NULL, '2016-07-04 10:00:00.123456'), (4, NULL, '2016-07-04T10:00:00.000Z', '0000-00-00');
CREATE TABLE Status (Status TEXT PRIMARY KEY, Rank INTEGER NOT NULL);
INSERT INTO Status VALUES ('open', 1), ('closed', 2);
CREATE TABLE Lock (Key TEXT NOT NULL UNIQUE, Value TEXT, Status TEXT REFERENCES Status);
INSERT INTO Lock VALUES ('gate', 'shut', 'closed'), ('door', NULL, 'open');

CREATE TABLE Orphan (id INTEGER PRIMARY KEY, gone_id INTEGER REFERENCES Gone (id), label TEXT REFERENCES Certificate (title));
INSERT INTO Orphan VALUES (1, NULL, NULL);
CREATE TABLE Exam (id INTEGER PRIMARY KEY, Certificate_id INTEGER REFERENCES certificate (ID), taker INTEGER REFERENCES PERSON);
INSERT INTO Exam VALUES (1, 1, 2), (2, NULL, 3);
CREATE TABLE Raw (a BLOB, b BLOB);
CREATE TABLE Empty (id INTEGER PRIMARY KEY, happened DATETIME, day DATE, clock TIME, price DECIMAL(8, 3), uid GUID, anything);

CREATE VIEW "Ships in port" AS SELECT s.Name AS Ship, c.Arrived, c.Quay, b.Depth FROM Call c JOIN Ship s ON s.Imo = c.Imo LEFT JOIN Berth b ON b.Quay = c.Quay AND b.Number = c.BerthNumber;
CREATE VIEW calls_per_ship AS SELECT Imo, count(*) AS calls, max(Arrived) AS latest FROM Call GROUP BY Imo;
CREATE VIEW broken AS SELECT * FROM gone_too;
CREATE VIRTUAL TABLE line_search USING fts5 (line);
