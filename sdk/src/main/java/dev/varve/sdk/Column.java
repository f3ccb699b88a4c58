package dev.varve.sdk;

/** A handle on a column of one {@link RowWriter}, looked up once and used for every row. */
public final class Column {
    /** The types of the API. */
    enum Type {
        BOOLEAN,
        INT,
        LONG,
        FLOAT,
        DOUBLE,
        STRING,
        TIMESTAMP,
        DATE,
        BINARY
    }

    private final String name;
    private final Type type;
    private final int index;
    private final RowWriter owner;

    Column(String name, Type type, int index, RowWriter owner) {
        this.name = name;
        this.type = type;
        this.index = index;
        this.owner = owner;
    }

    public String name() {
        return name;
    }

    Type type() {
        return type;
    }

    int index() {
        return index;
    }

    boolean belongsTo(RowWriter writer) {
        return owner == writer;
    }

    @Override
    public String toString() {
        return name;
    }
}
