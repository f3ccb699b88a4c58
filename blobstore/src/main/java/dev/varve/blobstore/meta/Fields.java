package dev.varve.blobstore.meta;

import dev.varve.blobstore.object.BucketSettings;
import dev.varve.blobstore.object.Checksum;
import dev.varve.blobstore.object.ChecksumAlgorithm;
import dev.varve.blobstore.object.Condition;
import dev.varve.blobstore.object.ObjectKey;
import dev.varve.blobstore.object.ObjectWrite;
import dev.varve.blobstore.object.Retention;
import dev.varve.blobstore.object.Upload;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How values of the store are written within rows and operations. Numbers stand for constants by this page alone. */
final class Fields {
    private static final int TEXT_ETAG = 0;
    private static final int MD5_ETAG = 1;
    private static final int PARTS_ETAG = 2;
    private static final Pattern ETAG = Pattern.compile("([0-9a-f]{32})(?:-([1-9][0-9]{0,8}))?");
    private static final HexFormat HEX = HexFormat.of();

    private static final int INLINE = 0;
    private static final int CHUNK = 1;

    private Fields() {}

    static void put(BytesOut out, ObjectKey key) {
        out.sized(key.bytes());
    }

    static ObjectKey key(BytesIn in) {
        return ObjectKey.of(in.sized());
    }

    static void put(BytesOut out, Instant time) {
        out.signed(time.getEpochSecond()).number(time.getNano());
    }

    static Instant time(BytesIn in) {
        return Instant.ofEpochSecond(in.signed(), in.number());
    }

    /** Sorted, so that equal maps are equal bytes in every process. */
    static void put(BytesOut out, Map<String, String> pairs) {
        out.number(pairs.size());
        new TreeMap<>(pairs).forEach((name, value) -> out.text(name).text(value));
    }

    static Map<String, String> pairs(BytesIn in) {
        int count = in.count();
        Map<String, String> pairs = LinkedHashMap.newLinkedHashMap(count);
        for (int i = 0; i < count; i++) {
            pairs.put(in.text(), in.text());
        }
        return pairs;
    }

    static <T> void put(BytesOut out, Optional<T> value, BiConsumer<BytesOut, T> writer) {
        out.flag(value.isPresent());
        value.ifPresent(present -> writer.accept(out, present));
    }

    static <T> Optional<T> optional(BytesIn in, Function<BytesIn, T> reader) {
        return in.flag() ? Optional.of(reader.apply(in)) : Optional.empty();
    }

    static <T> void put(BytesOut out, List<T> values, BiConsumer<BytesOut, T> writer) {
        out.number(values.size());
        values.forEach(value -> writer.accept(out, value));
    }

    static <T> List<T> list(BytesIn in, Function<BytesIn, T> reader) {
        int count = in.count();
        List<T> values = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            values.add(reader.apply(in));
        }
        return values;
    }

    private static void put(BytesOut out, OptionalLong value) {
        out.flag(value.isPresent());
        value.ifPresent(out::signed);
    }

    private static OptionalLong optionalLong(BytesIn in) {
        return in.flag() ? OptionalLong.of(in.signed()) : OptionalLong.empty();
    }

    /** An MD5 takes 16 bytes instead of 32. */
    static void putEtag(BytesOut out, String etag) {
        Matcher matcher = ETAG.matcher(etag);
        if (!matcher.matches()) {
            out.octet(TEXT_ETAG).text(etag);
            return;
        }
        String parts = matcher.group(2);
        out.octet(parts == null ? MD5_ETAG : PARTS_ETAG).raw(HEX.parseHex(matcher.group(1)));
        if (parts != null) {
            out.number(Long.parseLong(parts));
        }
    }

    static String etag(BytesIn in) {
        int kind = in.octet();
        return switch (kind) {
            case TEXT_ETAG -> in.text();
            case MD5_ETAG -> HEX.formatHex(in.raw(16));
            case PARTS_ETAG -> HEX.formatHex(in.raw(16)) + "-" + in.number();
            default -> throw new IllegalArgumentException("an ETag of kind " + kind);
        };
    }

    static void put(BytesOut out, ChecksumAlgorithm algorithm) {
        out.octet(
                switch (algorithm) {
                    case CRC32 -> 1;
                    case CRC32C -> 2;
                    case CRC64NVME -> 3;
                    case SHA1 -> 4;
                    case SHA256 -> 5;
                });
    }

    static ChecksumAlgorithm algorithm(BytesIn in) {
        int number = in.octet();
        return switch (number) {
            case 1 -> ChecksumAlgorithm.CRC32;
            case 2 -> ChecksumAlgorithm.CRC32C;
            case 3 -> ChecksumAlgorithm.CRC64NVME;
            case 4 -> ChecksumAlgorithm.SHA1;
            case 5 -> ChecksumAlgorithm.SHA256;
            default -> throw new IllegalArgumentException("a checksum algorithm " + number);
        };
    }

    static void put(BytesOut out, Checksum checksum) {
        put(out, checksum.algorithm());
        out.sized(checksum.value()).number(checksum.parts());
    }

    static Checksum checksum(BytesIn in) {
        return new Checksum(algorithm(in), ByteBuffer.wrap(in.sized()), in.smallNumber());
    }

    static void put(BytesOut out, Retention retention) {
        out.octet(
                switch (retention.mode()) {
                    case GOVERNANCE -> 1;
                    case COMPLIANCE -> 2;
                });
        put(out, retention.until());
    }

    static Retention retention(BytesIn in) {
        return new Retention(mode(in), time(in));
    }

    private static Retention.Mode mode(BytesIn in) {
        int number = in.octet();
        return switch (number) {
            case 1 -> Retention.Mode.GOVERNANCE;
            case 2 -> Retention.Mode.COMPLIANCE;
            default -> throw new IllegalArgumentException("a retention mode " + number);
        };
    }

    static void put(BytesOut out, Condition condition) {
        put(out, condition.ifMatch(), BytesOut::text);
        put(out, condition.ifNoneMatch(), BytesOut::text);
        put(out, condition.ifSequence());
        put(out, condition.ifLastModified(), (BytesOut to, Instant time) -> put(to, time));
        put(out, condition.ifSize());
    }

    static Condition condition(BytesIn in) {
        return new Condition(
                optional(in, BytesIn::text),
                optional(in, BytesIn::text),
                optionalLong(in),
                optional(in, Fields::time),
                optionalLong(in));
    }

    static void put(BytesOut out, ObjectWrite write) {
        out.text(write.bucket());
        put(out, write.key());
        out.text(write.owner());
        put(out, write.headers());
        put(out, write.metadata());
        put(out, write.tags());
        put(out, write.retention(), (BytesOut to, Retention retention) -> put(to, retention));
        out.flag(write.legalHold());
        put(out, write.condition());
        out.flag(write.isFile());
    }

    static ObjectWrite write(BytesIn in) {
        return new ObjectWrite(
                in.text(),
                key(in),
                in.text(),
                pairs(in),
                pairs(in),
                pairs(in),
                optional(in, Fields::retention),
                in.flag(),
                condition(in),
                in.flag());
    }

    static void put(BytesOut out, Extent extent) {
        switch (extent) {
            case Extent.Inline(ByteBuffer bytes) -> out.octet(INLINE).sized(bytes);
            case Extent.Chunk(long high, long low, long length, int crc32c) ->
                out.octet(CHUNK).fixed64(high).fixed64(low).number(length).fixed32(crc32c);
        }
    }

    static Extent extent(BytesIn in) {
        int kind = in.octet();
        return switch (kind) {
            case INLINE -> new Extent.Inline(ByteBuffer.wrap(in.sized()));
            case CHUNK -> new Extent.Chunk(in.fixed64(), in.fixed64(), in.number(), in.fixed32());
            default -> throw new IllegalArgumentException("an extent of kind " + kind);
        };
    }

    static void put(BytesOut out, BucketSettings settings) {
        out.octet(
                switch (settings.versioning()) {
                    case OFF -> 0;
                    case ENABLED -> 1;
                    case SUSPENDED -> 2;
                });
        out.flag(settings.objectLock());
        put(out, settings.defaultRetention(), (BytesOut to, BucketSettings.DefaultRetention retention) -> {
            put(to, new Retention(retention.mode(), Instant.EPOCH));
            to.signed(retention.days());
        });
        out.flag(settings.writeOnce()).flag(settings.publicRead());
        put(out, settings.lifecycle(), (BytesOut to, BucketSettings.LifecycleRule rule) -> put(to, rule));
        put(out, settings.tags());
        put(out, settings.documents());
    }

    static BucketSettings settings(BytesIn in) {
        return new BucketSettings(
                versioning(in),
                in.flag(),
                optional(in, from -> {
                    Retention.Mode mode = retention(from).mode();
                    return new BucketSettings.DefaultRetention(mode, Math.toIntExact(from.signed()));
                }),
                in.flag(),
                in.flag(),
                list(in, Fields::rule),
                pairs(in),
                pairs(in));
    }

    private static BucketSettings.Versioning versioning(BytesIn in) {
        int number = in.octet();
        return switch (number) {
            case 0 -> BucketSettings.Versioning.OFF;
            case 1 -> BucketSettings.Versioning.ENABLED;
            case 2 -> BucketSettings.Versioning.SUSPENDED;
            default -> throw new IllegalArgumentException("a versioning state " + number);
        };
    }

    private static void put(BytesOut out, BucketSettings.LifecycleRule rule) {
        out.text(rule.id()).flag(rule.isEnabled()).sized(rule.prefix().bytes());
        put(out, rule.tags());
        out.signed(rule.currentDays()).signed(rule.noncurrentDays()).signed(rule.uploadDays());
        out.flag(rule.expiredDeleteMarkers());
    }

    private static BucketSettings.LifecycleRule rule(BytesIn in) {
        return new BucketSettings.LifecycleRule(
                in.text(),
                in.flag(),
                ObjectKey.Prefix.of(in.sized()),
                pairs(in),
                Math.toIntExact(in.signed()),
                Math.toIntExact(in.signed()),
                Math.toIntExact(in.signed()),
                in.flag());
    }

    static void put(BytesOut out, Upload.Completion completion) {
        put(out, completion.parts(), (BytesOut to, Upload.PartName part) -> {
            to.signed(part.number());
            putEtag(to, part.etag());
            put(to, part.checksums(), (BytesOut inner, Checksum checksum) -> put(inner, checksum));
        });
        put(out, completion.condition());
        put(out, completion.size(), BytesOut::signed);
        put(out, completion.checksums(), (BytesOut to, Checksum checksum) -> put(to, checksum));
    }

    static Upload.Completion completion(BytesIn in) {
        return new Upload.Completion(
                list(
                        in,
                        from -> new Upload.PartName(
                                Math.toIntExact(from.signed()), etag(from), list(from, Fields::checksum))),
                condition(in),
                optional(in, BytesIn::signed),
                list(in, Fields::checksum));
    }
}
