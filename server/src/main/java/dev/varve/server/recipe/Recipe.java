package dev.varve.server.recipe;

import dev.varve.sdk.DatasetSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** A well-known kind of file: what dataset it makes and how its rows are read. */
public sealed interface Recipe permits GhcnDaily, Hurdat2, UsgsQuakes {
    DatasetSpec dataset(String name);

    /** The data files, in the order in which they are read. */
    List<Path> files();

    /** Gives every good row to {@code rows} and every other to {@code bad}; tells of the bytes it reads. */
    void read(RowTarget rows, Consumer<BadRow> bad, LongConsumer bytesRead) throws IOException;
}
