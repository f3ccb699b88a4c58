package dev.varve.server.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Reads the JSON of requests strictly and within limits, and makes that of answers. */
public final class Json {
    private static final int MOST_DEPTH = 64;

    private static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MOST_DEPTH)
                            .maxNumberLength(100)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    /** The members of the one JSON object that {@code bytes} are; {@code what} names it in errors. */
    public static Fields parseObject(byte[] bytes, String what) {
        return Fields.of(parse(bytes, what), what);
    }

    private static JsonNode parse(byte[] bytes, String what) {
        try {
            return MAPPER.readTree(bytes);
        } catch (StreamConstraintsException e) {
            throw new VarveException(ErrorCode.TOO_LARGE, what + " exceeds a limit: " + e.getOriginalMessage(), e);
        } catch (JsonProcessingException e) {
            VarveException broken = new VarveException(
                    ErrorCode.BAD_REQUEST, what + " is not valid JSON: " + e.getOriginalMessage(), e);
            JsonLocation place = e.getLocation();
            throw place == null || place.getLineNr() < 1
                    ? broken
                    : broken.at(new VarveException.Position(place.getLineNr(), Math.max(1, place.getColumnNr())));
        } catch (IOException e) {
            // Bytes that are not UTF-8 end here.
            throw new VarveException(ErrorCode.BAD_REQUEST, what + " is not valid JSON: " + e.getMessage(), e);
        }
    }

    public static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    public static byte[] bytes(JsonNode node) {
        try {
            return MAPPER.writeValueAsString(node).getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
