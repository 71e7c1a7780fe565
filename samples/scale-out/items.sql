CREATE TABLE items (
    id varchar(36) PRIMARY KEY,
    writer integer NOT NULL,
    revision integer NOT NULL,
    note varchar(200) NOT NULL,
    last_updated MOMENT NOT NULL,
    is_deleted boolean NOT NULL DEFAULT false
);
CREATE INDEX items_last_updated ON items (last_updated);
