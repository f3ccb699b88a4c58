package dev.varve.ingest.decode;

import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;

/** A body that comes as batches of typed columns. */
interface TypedBody extends AutoCloseable {
    /** The columns; {@link #next} fills them. */
    VectorSchemaRoot root();

    /** What the dictionary-encoded columns refer to. */
    DictionaryProvider dictionaries();

    /** Reads the next batch; false at the end. */
    boolean next();

    @Override
    void close();
}
