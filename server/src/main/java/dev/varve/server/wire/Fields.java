package dev.varve.server.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import dev.varve.model.ErrorCode;
import dev.varve.model.NearestName;
import dev.varve.model.VarveException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The members of a JSON object, asked for one by one; {@link #end} refuses those nobody asked for. One thread. */
public final class Fields {
    private final JsonNode node;
    private final String what;
    private final Set<String> asked = new LinkedHashSet<>();

    private Fields(JsonNode node, String what) {
        this.node = node;
        this.what = what;
    }

    static Fields of(JsonNode node, String what) {
        if (!node.isObject()) {
            throw bad(what + " is " + described(node) + "; it must be an object");
        }
        return new Fields(node, what);
    }

    /** The member, or null when it is absent or null. */
    public @Nullable JsonNode any(String name) {
        asked.add(name);
        JsonNode member = node.get(name);
        return member == null || member.isNull() ? null : member;
    }

    public @Nullable String text(String name) {
        JsonNode member = any(name);
        if (member == null) {
            return null;
        }
        if (!member.isTextual()) {
            throw wrongType(name, member, "a string");
        }
        return member.textValue();
    }

    public String requiredText(String name) {
        String text = text(name);
        if (text == null) {
            throw bad(what + " has no '" + name + "'");
        }
        return text;
    }

    /** The whole number, or {@code absent}. */
    public long number(String name, long absent) {
        JsonNode member = any(name);
        if (member == null) {
            return absent;
        }
        if (!member.isIntegralNumber() || !member.canConvertToLong()) {
            throw wrongType(name, member, "a whole number");
        }
        return member.longValue();
    }

    /** Whether the member is true; false when it is absent. */
    public boolean flag(String name) {
        JsonNode member = any(name);
        if (member != null && !member.isBoolean()) {
            throw wrongType(name, member, "true or false");
        }
        return member != null && member.booleanValue();
    }

    public List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        for (JsonNode element : array(name)) {
            if (!element.isTextual()) {
                throw bad("'" + name + "' in " + what + " holds " + described(element) + "; it must hold strings");
            }
            texts.add(element.textValue());
        }
        return texts;
    }

    public List<Fields> objects(String name) {
        List<Fields> objects = new ArrayList<>();
        for (JsonNode element : array(name)) {
            objects.add(of(element, "element " + (objects.size() + 1) + " of '" + name + "'"));
        }
        return objects;
    }

    private Iterable<JsonNode> array(String name) {
        JsonNode member = any(name);
        if (member == null) {
            return List.of();
        }
        if (!member.isArray()) {
            throw wrongType(name, member, "an array");
        }
        return member;
    }

    /** All members, in their order. */
    public Map<String, JsonNode> members() {
        Map<String, JsonNode> members = new LinkedHashMap<>();
        node.properties().forEach(member -> members.put(member.getKey(), member.getValue()));
        return members;
    }

    /** Refuses members that were not asked for. */
    public void end() {
        node.fieldNames().forEachRemaining(name -> {
            if (!asked.contains(name)) {
                throw bad("'" + shortened(name) + "' in " + what + " is unknown")
                        .withHint(NearestName.hint(name, asked));
            }
        });
    }

    /** An error that names the member and what it is. */
    public VarveException wrongType(String name, JsonNode member, String wanted) {
        return bad("'" + name + "' in " + what + " is " + described(member) + "; it must be " + wanted);
    }

    private static String described(JsonNode node) {
        if (node.getNodeType() == JsonNodeType.MISSING) {
            return "empty";
        }
        String text = node.isValueNode() ? " " + shortened(node.toString()) : "";
        return node.getNodeType().name().toLowerCase(Locale.ROOT) + text;
    }

    private static String shortened(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "…";
    }

    private static VarveException bad(String message) {
        return new VarveException(ErrorCode.BAD_REQUEST, message);
    }
}
