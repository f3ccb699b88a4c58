package dev.varve.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.server.console.Terminal;
import org.jspecify.annotations.Nullable;

/** How a list or a description is printed. */
enum ListFormat {
    TABLE,
    NDJSON;

    private static final ObjectMapper MAPPER = new ObjectMapper();

    static ListFormat chosen(@Nullable ListFormat given, Terminal terminal) {
        if (given != null) {
            return given;
        }
        return terminal.outIsTerminal() ? TABLE : NDJSON;
    }

    /** A record as one line of JSON. */
    static String line(Object value) {
        try {
            return MAPPER.writeValueAsString(value) + "\n";
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("records of texts and numbers are always writable", impossible);
        }
    }
}
