package dev.varve.server.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.server.console.Amounts;
import dev.varve.server.console.Terminal;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Shows the first bad rows, counts all and writes those that are known to a file; any thread may add. */
final class BadRowLog implements AutoCloseable {
    private static final int SHOWN = 20;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Terminal terminal;
    private final @Nullable BufferedWriter file;
    private long named;
    private long counted;

    BadRowLog(Terminal terminal, @Nullable Path file) throws IOException {
        this.terminal = terminal;
        this.file = file == null ? null : Files.newBufferedWriter(file);
    }

    /** A row of a file, counted from 1; 0 = the file itself. */
    synchronized void add(String source, long row, String column, String value, String reason) {
        named++;
        counted++;
        if (named <= SHOWN) {
            terminal.say(source + " row " + row + ", column " + column + ": '" + value + "' " + reason);
        }
        if (file != null) {
            ObjectNode line = MAPPER.createObjectNode()
                    .put("file", source)
                    .put("row", row)
                    .put("column", column)
                    .put("value", value)
                    .put("reason", reason);
            try {
                file.write(line.toString());
                file.write('\n');
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Rows that the node rejected without naming them. */
    synchronized void addUnnamed(long rows) {
        counted += rows;
    }

    synchronized long count() {
        return counted;
    }

    /** Says how many bad rows were not shown. */
    synchronized void summarise() {
        if (counted > Math.min(named, SHOWN)) {
            terminal.say("… " + Amounts.count(counted) + " bad rows in all, the first "
                    + Math.min(named, SHOWN) + " shown"
                    + (file == null && named > SHOWN ? "; --errors FILE writes them to a file" : ""));
        }
        if (counted > named) {
            terminal.say("of " + Amounts.count(counted - named)
                    + " of them the node gave no reason (it names 100 a request)");
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
