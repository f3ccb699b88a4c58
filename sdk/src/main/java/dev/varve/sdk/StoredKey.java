package dev.varve.sdk;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A key and what is known of its value.
 *
 * @param modified ISO 8601
 * @param deleted whether this version of it is a deletion; only in histories
 */
public record StoredKey(String key, String version, long size, String etag, String modified, boolean deleted) {
    static StoredKey of(JsonNode node) {
        return new StoredKey(
                node.path("key").asText(),
                node.path("version").asText(),
                node.path("size").asLong(),
                node.path("etag").asText(),
                node.path("modified").asText(),
                node.path("deleted").asBoolean(false));
    }
}
