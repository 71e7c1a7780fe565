-- The harbour in MariaDB: numbers without signs, sets and enumerations, days that no calendar has.

SET sql_mode = 'ALLOW_INVALID_DATES';
CREATE TABLE Person (PersonID int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, `First Name` varchar(40) NOT NULL, `Last Name` varchar(40) NOT NULL, Born date COMMENT 'The day of birth',
    Email varchar(80) UNIQUE, ReportsTo int unsigned REFERENCES Person (PersonID), BuddyID int unsigned, FOREIGN KEY (BuddyID) REFERENCES Person (PersonID),
    FOREIGN KEY (ReportsTo) REFERENCES Person (PersonID)) COMMENT 'Whoever works in the harbour';
INSERT INTO Person VALUES (1, 'Ada', 'Berg', '1961-04-12', 'ada@harbour.example', NULL, NULL), (2, 'Bo', 'Dahl', '1970-01-01', NULL, 1, 1),
    (3, 'Cleo', 'O''Neil', NULL, 'cleo@harbour.example', 1, 2), (4, 'Zoë', 'Ünal', '1999-12-31', 'zoe@harbour.example', 2, 3);
CREATE TABLE users (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, login varchar(30) NOT NULL UNIQUE, password_hash text NOT NULL DEFAULT '', api_key char(36), PersonID int unsigned UNIQUE,
    active boolean NOT NULL DEFAULT true, created timestamp NOT NULL DEFAULT current_timestamp(), FOREIGN KEY (PersonID) REFERENCES Person (PersonID));
INSERT INTO users (login, PersonID, active, created) VALUES ('ada', 1, true, '2020-02-29 12:00:00'), ('bo', 2, false, '2021-06-30 23:59:59');
CREATE TABLE session (token char(36) PRIMARY KEY, user_id bigint NOT NULL, FOREIGN KEY (user_id) REFERENCES users (id));
CREATE TABLE Country (Code char(2) PRIMARY KEY, Name varchar(60) NOT NULL, `Call Prefix` smallint unsigned);
INSERT INTO Country VALUES ('NO', 'Norway', 47), ('PA', 'Panama', 507), ('LR', 'Liberia', 231);
CREATE TABLE `Ship Type` (id smallint NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(50) NOT NULL, `select` int, `order` mediumint, `2nd hand` bool);
INSERT INTO `Ship Type` VALUES (1, 'Bulk carrier', 1, 10, false), (2, 'Tanker', NULL, 20, true), (3, 'Ferry', 3, NULL, NULL);
CREATE TABLE Ship (Imo int NOT NULL PRIMARY KEY, Name varchar(60) NOT NULL, FlagCountry_code char(2), BuiltCountry_code char(2), `Ship Type id` smallint, Length_m float, Gross decimal(10, 2), Launched datetime,
    Photo longblob, Icon tinyblob, Sea enum('calm', 'Choppy', 'rough') NOT NULL DEFAULT 'calm', Flags set('red', 'green', 'blue'), Meta json, Decks tinyint unsigned, Trim tinyint, Cabins smallint unsigned, Crewed bigint unsigned,
    Built year, Bits bit(6), Uid uuid, Host inet6, Spot point, Opens time, Stamp datetime(6), Ratio double, Notes mediumtext, Code binary(4), Label varchar(90) AS (concat(Name, ' (', Imo, ')')) PERSISTENT, Twice int AS (Imo * 2) VIRTUAL,
    FOREIGN KEY (FlagCountry_code) REFERENCES Country (Code), FOREIGN KEY (BuiltCountry_code) REFERENCES Country (Code), FOREIGN KEY (`Ship Type id`) REFERENCES `Ship Type` (id));
INSERT INTO Ship (Imo, Name, FlagCountry_code, BuiltCountry_code, `Ship Type id`, Length_m, Gross, Launched, Photo, Sea, Flags, Meta, Decks, Trim, Cabins, Crewed, Built, Bits, Uid, Host, Opens, Stamp, Ratio, Notes, Code) VALUES
    (9000001, 'Nordlys', 'NO', 'NO', 3, 121.8, 11204.50, '1994-03-01', x'0102', 'calm', 'red,blue', '{"deck": 7}', 255, -128, 65535, 18446744073709551615, 1994, b'101010', '7c9e6679-7425-40de-944b-e07fc1f90ae7', '::1', '06:30', '2024-01-02 03:04:05.678901', 1.5, 'old', x'01020304'),
    (9000002, 'Amistad', 'PA', 'NO', 1, 229, 40000, '2007-11-15 10:11:12', NULL, 'rough', '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (9000003, 'Gulf %_ Star', 'LR', NULL, 2, 333.25, 160000.99, '2012-02-29', '', 'Choppy', NULL, '[]', 0, 0, 0, 0, 2012, b'0', '16fd2706-8baf-433b-82eb-8c7fada847da', '10.0.0.1', '23:59:59', '2024-01-02 03:04:05', 0, '', x'00000000');
CREATE TABLE Berth (Quay varchar(20) NOT NULL, Number int NOT NULL, Depth decimal(6, 2), `Max Length` double, PRIMARY KEY (Quay, Number));
INSERT INTO Berth VALUES ('North', 1, 9.5, 250), ('North', 2, 12, 350.5), ('South/East', 1, 7.25, 120);
CREATE TABLE `Call` (CallID int NOT NULL AUTO_INCREMENT PRIMARY KEY, Imo int NOT NULL, Quay varchar(20), BerthNumber int, Arrived datetime NOT NULL, Departed datetime, PilotID int unsigned, AgentID int unsigned, Draught double,
    FOREIGN KEY (Imo) REFERENCES Ship (Imo), FOREIGN KEY (Quay, BerthNumber) REFERENCES Berth (Quay, Number), FOREIGN KEY (PilotID) REFERENCES Person (PersonID), FOREIGN KEY (AgentID) REFERENCES Person (PersonID));
INSERT INTO `Call` VALUES (1, 9000001, 'North', 1, '2024-05-01 06:30:00', '2024-05-01 18:00:00', 2, 3, 4.9), (2, 9000002, 'North', 2, '2024-05-02 00:00:00', NULL, NULL, 3, 12.5),
    (3, 9000001, NULL, NULL, '2024-06-01 06:30:00', NULL, 4, NULL, NULL);
CREATE TABLE `Call Line` (CallID int NOT NULL, LineNo smallint NOT NULL, Text varchar(100) NOT NULL DEFAULT '', Amount decimal(12, 3) NOT NULL DEFAULT 0, PRIMARY KEY (CallID, LineNo), FOREIGN KEY (CallID) REFERENCES `Call` (CallID) ON DELETE CASCADE);
INSERT INTO `Call Line` VALUES (1, 1, 'Pilotage', 1250.5), (1, 2, 'Water', 80), (2, 1, 'Mooring', 400.05);
CREATE TABLE line_note (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, CallID int, LineNo smallint, note text, FOREIGN KEY (CallID, LineNo) REFERENCES `Call Line` (CallID, LineNo));
INSERT INTO line_note VALUES (1, 1, 1, 'late'), (2, 1, 1, 'again'), (3, NULL, NULL, NULL);
CREATE TABLE Certificate (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, title varchar(40) NOT NULL);
INSERT INTO Certificate VALUES (1, 'Radio'), (2, 'Fire'), (3, 'Ice');
CREATE TABLE PersonCertificate (PersonID int unsigned NOT NULL, CertificateID int NOT NULL, PRIMARY KEY (PersonID, CertificateID), FOREIGN KEY (PersonID) REFERENCES Person (PersonID), FOREIGN KEY (CertificateID) REFERENCES Certificate (id));
INSERT INTO PersonCertificate VALUES (2, 1), (2, 2), (4, 3);
CREATE TABLE Crew (Imo int NOT NULL, PersonID int unsigned NOT NULL, `Rank` varchar(20), Since date NOT NULL, PRIMARY KEY (Imo, PersonID), FOREIGN KEY (Imo) REFERENCES Ship (Imo), FOREIGN KEY (PersonID) REFERENCES Person (PersonID));
INSERT INTO Crew VALUES (9000001, 4, 'Master', '2023-01-01'), (9000002, 3, NULL, '2022-07-15');
CREATE TABLE Pilot (PersonID int unsigned NOT NULL PRIMARY KEY, Licence varchar(20) NOT NULL, Valid date, FOREIGN KEY (PersonID) REFERENCES Person (PersonID));
INSERT INTO Pilot VALUES (2, 'NO-77', '2030-01-01'), (4, 'NO-78', NULL);
CREATE TABLE Category (CategoryID int NOT NULL AUTO_INCREMENT PRIMARY KEY, Name varchar(40) NOT NULL, ParentID int, FOREIGN KEY (ParentID) REFERENCES Category (CategoryID));
INSERT INTO Category VALUES (1, 'Goods', NULL), (2, 'Bulk', 1), (3, 'Grain', 2);
CREATE TABLE Cargo (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, what varchar(40) NOT NULL, CategoryID int NOT NULL, guid uuid NOT NULL UNIQUE, weight bigint, dangerous tinyint(1), FOREIGN KEY (CategoryID) REFERENCES Category (CategoryID));
INSERT INTO Cargo VALUES (1, 'Wheat', 3, '7c9e6679-7425-40de-944b-e07fc1f90ae7', 52000000000, 0), (2, 'Ethanol', 2, '16fd2706-8baf-433b-82eb-8c7fada847da', 900, 1);
CREATE TABLE CargoOnCall (CallID int NOT NULL, CargoID int NOT NULL, UNIQUE (CallID, CargoID), FOREIGN KEY (CallID) REFERENCES `Call` (CallID), FOREIGN KEY (CargoID) REFERENCES Cargo (id));
INSERT INTO CargoOnCall VALUES (1, 1), (2, 1), (2, 2);
CREATE TABLE Weather (`Measured at` datetime NOT NULL, station varchar(20) NOT NULL, wind float, sea enum('calm', 'rough'), UNIQUE weather_once (station, `Measured at`));
INSERT INTO Weather VALUES ('2024-05-01 06:00:00', 'Mole', 7.5, 'calm'), ('2024-05-01 07:00:00', 'Mole', 9, NULL);
CREATE TABLE Logbook (entered varchar(20), line varchar(40), level int);
INSERT INTO Logbook VALUES ('Monday', 'all quiet', 1), ('Monday', 'all quiet', 1), ('Tuesday', NULL, 2), (NULL, 'fog', NULL), ('Tuesday', NULL, 2);
CREATE TABLE Signals (colour enum('rough', 'calm', 'Choppy') PRIMARY KEY, meaning varchar(20));
INSERT INTO Signals VALUES ('rough', 'stay'), ('calm', 'go');
CREATE TABLE `Tug & Tow` (`No.` int PRIMARY KEY, `Horse Power` int, `a_x0020_b` text, `$metadata` text, __class__ text, `Größe` double, `metadata` text, `registry` text);
INSERT INTO `Tug & Tow` VALUES (1, 3000, 'x', 'y', 'z', 1.5, 'm', 'r');
CREATE TABLE Status (Status varchar(10) PRIMARY KEY, `Rank` int NOT NULL);
INSERT INTO Status VALUES ('open', 1), ('closed', 2);
CREATE TABLE `Lock` (`Key` varchar(10) NOT NULL UNIQUE, `Value` text, Status varchar(10), FOREIGN KEY (Status) REFERENCES Status (Status));
INSERT INTO `Lock` VALUES ('gate', 'shut', 'closed'), ('door', NULL, 'open');
CREATE TABLE Raw (a point, b geometry);
CREATE TABLE Nothing (id int PRIMARY KEY, happened datetime, day date, clock time);
CREATE TABLE Ci (id int PRIMARY KEY, word varchar(20) COLLATE utf8mb4_general_ci);
INSERT INTO Ci VALUES (1, 'Quay'), (2, 'quay'), (3, NULL);
CREATE TABLE Zero (id int PRIMARY KEY, day date, happened datetime);
INSERT INTO Zero VALUES (1, '0000-00-00', '0000-00-00 00:00:00'), (2, '2024-01-01', '2024-01-01 10:00:00'), (3, NULL, NULL);
CREATE VIEW `Ships in port` AS SELECT s.Name AS Ship, c.Arrived, c.Quay, b.Depth FROM `Call` c JOIN Ship s ON s.Imo = c.Imo LEFT JOIN Berth b ON b.Quay = c.Quay AND b.Number = c.BerthNumber;
CREATE VIEW calls_per_ship AS SELECT Imo, count(*) AS calls, max(Arrived) AS latest FROM `Call` GROUP BY Imo;
