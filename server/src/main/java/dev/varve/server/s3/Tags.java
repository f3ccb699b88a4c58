package dev.varve.server.s3;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Tags in headers and XML, with their limits. */
final class Tags {
    static final int MOST_OF_OBJECT = 10;
    static final int MOST_OF_BUCKET = 50;

    private static final int MOST_KEY_LETTERS = 128;
    private static final int MOST_VALUE_LETTERS = 256;
    private static final Pattern ALLOWED = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*");

    private Tags() {}

    /** Of the header {@code x-amz-tagging}: pairs as in a query. */
    static Map<String, String> ofHeader(S3Request request) {
        Map<String, String> tags = new LinkedHashMap<>();
        for (Query.Parameter pair :
                Query.of(request.header("x-amz-tagging").orElse("")).all()) {
            add(tags, pair.name(), pair.value());
        }
        return checked(tags, MOST_OF_OBJECT);
    }

    /** Of a {@code Tagging} document. */
    static Map<String, String> of(XmlElement tagging, int most) {
        XmlElement set = tagging.child("TagSet").orElseThrow(() -> S3Exception.malformedXml("The XML lacks TagSet."));
        Map<String, String> tags = new LinkedHashMap<>();
        for (XmlElement tag : set.all("Tag")) {
            add(tags, tag.required("Key"), tag.required("Value"));
        }
        return checked(tags, most);
    }

    /** Of the tags in a filter. */
    static Map<String, String> of(List<XmlElement> elements) {
        Map<String, String> tags = new LinkedHashMap<>();
        for (XmlElement tag : elements) {
            add(tags, tag.required("Key"), tag.required("Value"));
        }
        return checked(tags, MOST_OF_OBJECT);
    }

    private static void add(Map<String, String> tags, String key, String value) {
        if (tags.put(key, value) != null) {
            throw invalid("Cannot provide multiple Tags with the same key");
        }
    }

    private static Map<String, String> checked(Map<String, String> tags, int most) {
        if (tags.size() > most) {
            throw new S3Exception(
                    most == MOST_OF_OBJECT ? S3Code.INVALID_TAG : S3Code.INVALID_ARGUMENT,
                    "There may be at most " + most + " tags");
        }
        tags.forEach((key, value) -> {
            if (key.isEmpty()
                    || key.length() > MOST_KEY_LETTERS
                    || !ALLOWED.matcher(key).matches()) {
                throw invalid("The TagKey you have provided is invalid");
            }
            if (value.length() > MOST_VALUE_LETTERS || !ALLOWED.matcher(value).matches()) {
                throw invalid("The TagValue you have provided is invalid");
            }
            if (key.startsWith("aws:")) {
                throw invalid("System tags cannot be added/updated by requester");
            }
        });
        return tags;
    }

    private static S3Exception invalid(String message) {
        return new S3Exception(S3Code.INVALID_TAG, message);
    }

    static byte[] xml(Map<String, String> tags) {
        XmlText xml = XmlText.of("Tagging").open("TagSet");
        new TreeMap<>(tags)
                .forEach((key, value) ->
                        xml.open("Tag").text("Key", key).text("Value", value).close("Tag"));
        return xml.close("TagSet").end("Tagging");
    }
}
