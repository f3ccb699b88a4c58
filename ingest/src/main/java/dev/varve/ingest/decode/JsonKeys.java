package dev.varve.ingest.decode;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Looks at the beginning of a body of JSON lines for the keys it uses; then the body is read from its start. */
final class JsonKeys {
    private static final int LOOK_AHEAD_BYTES = 1 << 20;

    private final Set<String> keys = new LinkedHashSet<>();
    private final InputStream whole;

    JsonKeys(InputStream body, DecodeLimits limits) {
        byte[] head;
        try {
            head = body.readNBytes(LOOK_AHEAD_BYTES);
        } catch (IOException e) {
            throw new VarveException(ErrorCode.BAD_REQUEST, "the body broke off in its first bytes", e);
        }
        JsonFactory json = factory(limits);
        Lines lines = new Lines(new ByteArrayInputStream(head), limits.rowBytes());
        while (lines.next() && keys.size() <= limits.sourceColumns()) {
            collect(json, lines);
        }
        if (keys.size() > limits.sourceColumns()) {
            throw new VarveException(
                            ErrorCode.TOO_LARGE,
                            "the rows have more than " + limits.sourceColumns() + " different keys")
                    .withHint("keys are names of columns, not values");
        }
        whole = new SequenceInputStream(new ByteArrayInputStream(head), body);
    }

    static JsonFactory factory(DecodeLimits limits) {
        return JsonFactory.builder()
                .configure(JsonFactory.Feature.INTERN_FIELD_NAMES, false)
                // Python writes NaN
                .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(limits.nestingDepth())
                        .maxStringLength(limits.valueBytes())
                        .maxNumberLength(Numbers.MAX_LENGTH)
                        .maxNameLength(1_000)
                        .build())
                .build();
    }

    private void collect(JsonFactory json, Lines lines) {
        try (JsonParser parser = json.createParser(lines.bytes(), lines.from(), lines.length())) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                keys.add(parser.currentName());
                parser.nextToken();
                parser.skipChildren();
            }
        } catch (IOException e) {
            // a broken line, or the one that the look-ahead cuts; reading it as a row says what is wrong
        }
    }

    List<String> names() {
        return List.copyOf(keys);
    }

    /** The body from its first byte. */
    InputStream whole() {
        return whole;
    }
}
