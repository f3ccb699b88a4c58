package dev.varve.server.s3;

import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.object.BucketSettings.LifecycleRule;
import dev.varve.blobstore.object.ObjectKey;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Lifecycle configurations: kept as they came, and understood as rules of expiry. */
final class LifecycleOperations {
    private static final String DOCUMENT = "lifecycle";
    private static final int MOST_RULES = 1000;
    private static final int MOST_ID_LETTERS = 255;
    /** What rules may say on the original and may not here. */
    private static final List<String> REFUSED = List.of("Transition", "NoncurrentVersionTransition");

    private final ObjectStore objects;

    LifecycleOperations(ObjectStore objects) {
        this.objects = objects;
    }

    void get(S3Call call) {
        String document = call.bucket().settings().documents().get(DOCUMENT);
        if (document == null) {
            throw new S3Exception(S3Code.NO_SUCH_LIFECYCLE, "The lifecycle configuration does not exist");
        }
        call.xml(XmlText.kept(document));
    }

    void delete(S3Call call) {
        objects.changeBucket(call.bucketName(), settings -> {
            Map<String, String> documents = new HashMap<>(settings.documents());
            documents.remove(DOCUMENT);
            return settings.withLifecycle(List.of()).withDocuments(documents);
        });
        call.empty(204);
    }

    void put(S3Call call) throws IOException {
        List<XmlElement> elements = call.xmlBody("LifecycleConfiguration").all("Rule");
        if (elements.isEmpty() || elements.size() > MOST_RULES) {
            throw S3Exception.malformedXml("A lifecycle configuration has 1 to " + MOST_RULES + " rules.");
        }
        List<LifecycleRule> rules = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        XmlText xml = XmlText.of("LifecycleConfiguration");
        for (XmlElement element : elements) {
            String id = element.text("ID").filter(text -> !text.isEmpty()).orElse("rule-" + (rules.size() + 1));
            if (id.length() > MOST_ID_LETTERS || !ids.add(id)) {
                throw S3Exception.invalidArgument(
                        "Rule IDs must be distinct and have at most " + MOST_ID_LETTERS + " characters");
            }
            rules.add(rule(id, element));
            write(xml, id, element);
        }
        String document = xml.close("LifecycleConfiguration").string();
        objects.changeBucket(call.bucketName(), settings -> {
            Map<String, String> documents = new HashMap<>(settings.documents());
            documents.put(DOCUMENT, document);
            return settings.withLifecycle(rules).withDocuments(documents);
        });
        call.empty(200);
    }

    /** The rule as it came, with an id if it had none. */
    private static void write(XmlText xml, String id, XmlElement rule) {
        xml.open("Rule").text("ID", id);
        rule.children().stream().filter(child -> !child.name().equals("ID")).forEach(child -> child.write(xml));
        xml.close("Rule");
    }

    private static LifecycleRule rule(String id, XmlElement rule) {
        for (String refused : REFUSED) {
            if (rule.child(refused).isPresent()) {
                throw new S3Exception(
                        S3Code.NOT_IMPLEMENTED, "There is only one storage class, so no " + refused + ".");
            }
        }
        boolean isEnabled = switch (rule.required("Status")) {
            case "Enabled" -> true;
            case "Disabled" -> false;
            default -> throw S3Exception.malformedXml("Status must be Enabled or Disabled");
        };
        Optional<XmlElement> filter = rule.child("Filter");
        if (filter.isPresent() == rule.child("Prefix").isPresent()) {
            throw S3Exception.malformedXml("A rule has either a Filter or a Prefix.");
        }
        XmlElement scope =
                filter.flatMap(element -> element.child("And")).or(() -> filter).orElse(rule);
        if (scope.child("ObjectSizeGreaterThan").isPresent()
                || scope.child("ObjectSizeLessThan").isPresent()) {
            throw new S3Exception(S3Code.NOT_IMPLEMENTED, "There are no filters by size here yet.");
        }
        Optional<XmlElement> expiration = rule.child("Expiration");
        Optional<XmlElement> noncurrent = rule.child("NoncurrentVersionExpiration");
        Optional<XmlElement> uploads = rule.child("AbortIncompleteMultipartUpload");
        if (expiration.isEmpty() && noncurrent.isEmpty() && uploads.isEmpty()) {
            throw S3Exception.malformedXml("A rule has at least one action.");
        }
        if (expiration.flatMap(element -> element.child("Date")).isPresent()) {
            throw new S3Exception(S3Code.NOT_IMPLEMENTED, "There is no expiry by date here yet, only by days.");
        }
        if (noncurrent
                .flatMap(element -> element.child("NewerNoncurrentVersions"))
                .isPresent()) {
            throw new S3Exception(S3Code.NOT_IMPLEMENTED, "There is no NewerNoncurrentVersions here yet.");
        }
        return new LifecycleRule(
                id,
                isEnabled,
                ObjectKey.Prefix.of(scope.text("Prefix").orElse("")),
                Tags.of(scope.all("Tag")),
                days(expiration, "Days"),
                days(noncurrent, "NoncurrentDays"),
                days(uploads, "DaysAfterInitiation"),
                expiration
                        .flatMap(element -> element.text("ExpiredObjectDeleteMarker"))
                        .filter("true"::equals)
                        .isPresent());
    }

    private static int days(Optional<XmlElement> action, String name) {
        Optional<String> text = action.flatMap(element -> element.text(name));
        if (text.isEmpty()) {
            return 0;
        }
        try {
            int days = Integer.parseInt(text.get().strip());
            if (days > 0) {
                return days;
            }
        } catch (NumberFormatException e) {
            throw S3Exception.malformedXml(name + " is not a whole number.");
        }
        throw S3Exception.invalidArgument("'" + name + "' for lifecycle actions must be a positive integer");
    }
}
