package dev.varve.server.s3;

import dev.varve.blobstore.ObjectStore;
import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.BucketSettings.DefaultRetention;
import dev.varve.blobstore.object.BucketSettings.Versioning;
import dev.varve.blobstore.object.Retention;
import dev.varve.blobstore.object.StoredObject;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Object lock: a bucket's configuration, retention and legal hold of versions. */
final class LockOperations {
    private static final String DOCUMENT = "object-lock";
    private static final int MOST_DAYS = 36_500;
    private static final int MOST_YEARS = 100;
    private static final int DAYS_OF_YEAR = 365;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final ObjectStore objects;
    private final Access access;
    private final InstantSource clock;

    LockOperations(ObjectStore objects, Access access, InstantSource clock) {
        this.objects = objects;
        this.access = access;
        this.clock = clock;
    }

    static String time(Instant until) {
        return TIME.format(until);
    }

    static Instant parse(String text) {
        try {
            return DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(text, Instant::from);
        } catch (DateTimeException e) {
            throw S3Exception.invalidArgument("a retain-until date is not of the form 2026-01-31T23:59:59Z");
        }
    }

    private static Retention.Mode mode(String text, S3Code unknown) {
        for (Retention.Mode mode : Retention.Mode.values()) {
            if (mode.name().equals(text)) {
                return mode;
            }
        }
        throw new S3Exception(unknown, "Mode must be GOVERNANCE or COMPLIANCE");
    }

    /** Retention that the headers of a write name. */
    static Optional<Retention> ofHeaders(S3Request request, Instant now) {
        Optional<String> mode = request.header("x-amz-object-lock-mode");
        Optional<String> until = request.header("x-amz-object-lock-retain-until-date");
        if (mode.isPresent() != until.isPresent()) {
            throw S3Exception.invalidArgument(
                    "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied");
        }
        return mode.map(text ->
                inFuture(new Retention(mode(text, S3Code.INVALID_ARGUMENT), parse(until.orElseThrow())), now));
    }

    private static Retention inFuture(Retention retention, Instant now) {
        if (!retention.until().isAfter(now)) {
            throw S3Exception.invalidArgument("The retain until date must be in the future!");
        }
        return retention;
    }

    /** Legal hold that the headers of a write name. */
    static boolean holdOfHeaders(S3Request request) {
        Optional<String> hold = request.header("x-amz-object-lock-legal-hold");
        if (hold.isPresent() && !hold.get().equals("ON") && !hold.get().equals("OFF")) {
            throw S3Exception.invalidArgument("x-amz-object-lock-legal-hold must be ON or OFF");
        }
        return hold.filter("ON"::equals).isPresent();
    }

    /** Only owners may overrule governance, and only those who ask for it do. */
    static boolean bypasses(S3Call call, Access access) {
        return call.request().isOn("x-amz-bypass-governance-retention")
                && access.may(call.caller(), call.bucket(), Operation.Right.OWNER);
    }

    static void requireLock(S3Call call) {
        if (!call.bucket().settings().objectLock()) {
            throw new S3Exception(S3Code.INVALID_REQUEST, "Bucket is missing Object Lock Configuration");
        }
    }

    void getConfiguration(S3Call call) {
        BucketSettings settings = call.bucket().settings();
        if (!settings.objectLock()) {
            throw new S3Exception(
                    S3Code.NO_SUCH_LOCK_CONFIGURATION, "Object Lock configuration does not exist for this bucket");
        }
        XmlText xml = XmlText.of("ObjectLockConfiguration").text("ObjectLockEnabled", "Enabled");
        settings.defaultRetention().ifPresent(retention -> {
            xml.open("Rule").open("DefaultRetention");
            xml.text("Mode", retention.mode().name());
            String years = settings.documents().get(DOCUMENT);
            if (years == null) {
                xml.number("Days", retention.days());
            } else {
                xml.text("Years", years);
            }
            xml.close("DefaultRetention").close("Rule");
        });
        call.xml(xml.end("ObjectLockConfiguration"));
    }

    void putConfiguration(S3Call call) throws IOException {
        XmlElement configuration = call.xmlBody("ObjectLockConfiguration");
        if (!configuration.text("ObjectLockEnabled").orElse("").equals("Enabled")) {
            throw S3Exception.malformedXml("ObjectLockEnabled must be Enabled");
        }
        Optional<XmlElement> rule = configuration.child("Rule");
        Optional<XmlElement> wanted = rule.flatMap(element -> element.child("DefaultRetention"));
        if (rule.isPresent() && wanted.isEmpty()) {
            throw S3Exception.malformedXml("The XML lacks DefaultRetention in Rule.");
        }
        Optional<DefaultRetention> retention = wanted.map(LockOperations::defaultRetention);
        Optional<String> years =
                wanted.flatMap(element -> element.text("Years")).map(String::strip);
        objects.changeBucket(call.bucketName(), settings -> {
            if (settings.versioning() != Versioning.ENABLED) {
                throw new S3Exception(
                        S3Code.INVALID_BUCKET_STATE, "Versioning must be 'Enabled' on the bucket to apply object lock");
            }
            Map<String, String> documents = new HashMap<>(settings.documents());
            documents.remove(DOCUMENT);
            years.ifPresent(text -> documents.put(DOCUMENT, text));
            return settings.withObjectLock(true).withDefaultRetention(retention).withDocuments(documents);
        });
        call.empty(200);
    }

    private static DefaultRetention defaultRetention(XmlElement element) {
        Retention.Mode mode = mode(element.required("Mode"), S3Code.MALFORMED_XML);
        Optional<String> days = element.text("Days");
        Optional<String> years = element.text("Years");
        if (days.isPresent() == years.isPresent()) {
            throw S3Exception.malformedXml("Either Days or Years must be specified, but not both");
        }
        int count = days.isPresent()
                ? period(days.get(), MOST_DAYS)
                : period(years.orElseThrow(), MOST_YEARS) * DAYS_OF_YEAR;
        return new DefaultRetention(mode, count);
    }

    private static int period(String text, int most) {
        try {
            long period = Long.parseLong(text.strip());
            if (period >= 1 && period <= most) {
                return (int) period;
            }
        } catch (NumberFormatException e) {
            throw S3Exception.malformedXml("A retention period is not a whole number.");
        }
        throw new S3Exception(
                S3Code.INVALID_RETENTION_PERIOD,
                "Default retention period must be a positive integer value of at most " + most);
    }

    void getRetention(S3Call call) {
        requireLock(call);
        StoredObject object = ReadOperations.found(objects, call);
        Retention retention = object.retention().orElseThrow(LockOperations::absent);
        XmlText xml = XmlText.of("Retention").text("Mode", retention.mode().name());
        call.xml(xml.text("RetainUntilDate", time(retention.until())).end("Retention"));
    }

    private static S3Exception absent() {
        return new S3Exception(
                S3Code.NO_SUCH_OBJECT_LOCK, "The specified object does not have a ObjectLock configuration");
    }

    void putRetention(S3Call call) throws IOException {
        requireLock(call);
        XmlElement element = call.xmlBody("Retention");
        Optional<Retention> retention = Optional.empty();
        if (!element.children().isEmpty()) {
            Retention named = new Retention(
                    mode(element.required("Mode"), S3Code.MALFORMED_XML), parse(element.required("RetainUntilDate")));
            retention = Optional.of(inFuture(named, clock.instant()));
        }
        StoredObject object = ReadOperations.found(objects, call);
        StoredObject changed = objects.setRetention(
                call.bucketName(), call.key(), Optional.of(object.versionId()), retention, bypasses(call, access));
        ReadOperations.version(call, changed);
        call.empty(200);
    }

    void getLegalHold(S3Call call) {
        requireLock(call);
        StoredObject object = ReadOperations.found(objects, call);
        call.xml(XmlText.of("LegalHold")
                .text("Status", object.legalHold() ? "ON" : "OFF")
                .end("LegalHold"));
    }

    void putLegalHold(S3Call call) throws IOException {
        requireLock(call);
        String status = call.xmlBody("LegalHold").required("Status");
        if (!status.equals("ON") && !status.equals("OFF")) {
            throw S3Exception.malformedXml("Status must be ON or OFF");
        }
        StoredObject object = ReadOperations.found(objects, call);
        StoredObject changed = objects.setLegalHold(
                call.bucketName(), call.key(), Optional.of(object.versionId()), status.equals("ON"));
        ReadOperations.version(call, changed);
        call.empty(200);
    }
}
