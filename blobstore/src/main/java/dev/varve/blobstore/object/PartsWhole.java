package dev.varve.blobstore.object;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;

/**
 * What an object put together from uploaded parts is: the parts that it takes, their sizes, its ETag and checksums.
 *
 * @param parts in order
 * @param etag MD5 of the parts' MD5s, a hyphen, and their number
 */
public record PartsWhole(List<Upload.Part> parts, long size, String etag, List<Checksum> checksums) {
    public PartsWhole {
        parts = List.copyOf(parts);
        checksums = List.copyOf(checksums);
    }

    public List<Long> sizes() {
        return parts.stream().map(Upload.Part::size).toList();
    }

    /** Those of the parts that the object's own checksum comes of; empty if it has none. */
    public List<Checksum> partChecksums() {
        return checksums.stream()
                .findFirst()
                .map(whole -> parts.stream()
                        .map(part -> checksum(whole.algorithm(), part))
                        .toList())
                .orElse(List.of());
    }

    /**
     * Puts the parts together that a completion names, or refuses.
     *
     * @param uploaded parts by number
     */
    public static PartsWhole of(Upload upload, SortedMap<Integer, Upload.Part> uploaded, Upload.Completion completion) {
        List<Upload.Part> parts = named(uploaded, completion.parts());
        long size = parts.stream().mapToLong(Upload.Part::size).sum();
        if (completion.size().isPresent() && completion.size().get() != size) {
            throw new ObjectException(
                    ObjectProblem.INVALID_ARGUMENT,
                    "the parts have " + size + " bytes, not "
                            + completion.size().get() + " as announced");
        }
        List<Checksum> checksums = upload.checksum()
                .map(algorithm -> upload.isComposite() ? composite(algorithm, parts) : combined(algorithm, parts))
                .map(List::of)
                .orElse(List.of());
        completion.checksums().forEach(announced -> check(announced, checksums));
        return new PartsWhole(parts, size, etag(parts), checksums);
    }

    private static List<Upload.Part> named(SortedMap<Integer, Upload.Part> uploaded, List<Upload.PartName> names) {
        if (names.isEmpty()) {
            throw new ObjectException(ObjectProblem.INVALID_ARGUMENT, "a completion must name at least one part");
        }
        List<Upload.Part> parts = new ArrayList<>();
        int before = 0;
        for (Upload.PartName name : names) {
            if (name.number() <= before) {
                throw new ObjectException(
                        ObjectProblem.INVALID_PART_ORDER,
                        "part " + name.number() + " is named after part " + before + "; name them in ascending order");
            }
            before = name.number();
            Upload.Part part = uploaded.get(name.number());
            if (part == null
                    || !part.etag().equals(name.etag())
                    || !name.checksums().stream().allMatch(part.checksums()::contains)) {
                throw new ObjectException(
                        ObjectProblem.INVALID_PART,
                        "part " + name.number() + " with ETag " + name.etag() + " was not uploaded, or has another"
                                + " ETag or checksum");
            }
            parts.add(part);
        }
        for (Upload.Part part : parts.subList(0, parts.size() - 1)) {
            if (part.size() < Upload.MIN_PART_BYTES) {
                throw new ObjectException(
                        ObjectProblem.PART_TOO_SMALL,
                        "part " + part.number() + " has " + part.size() + " bytes; all but the last need "
                                + Upload.MIN_PART_BYTES);
            }
        }
        return parts;
    }

    private static void check(Checksum announced, List<Checksum> checksums) {
        Optional<Checksum> found = checksums.stream()
                .filter(checksum -> checksum.algorithm() == announced.algorithm())
                .findFirst();
        if (found.isEmpty()) {
            throw new ObjectException(
                    ObjectProblem.INVALID_ARGUMENT,
                    "the upload was not begun with " + announced.algorithm() + ", so no such checksum can be checked");
        }
        boolean isSameKind =
                announced.parts() == 0 || announced.parts() == found.get().parts();
        if (!isSameKind || !announced.value().equals(found.get().value())) {
            throw new ObjectException(
                    ObjectProblem.BAD_DIGEST,
                    "the " + announced.algorithm() + " of the parts is not the one announced");
        }
    }

    private static String etag(List<Upload.Part> parts) {
        ByteBuffer md5s = ByteBuffer.allocate(16 * parts.size());
        parts.forEach(part -> md5s.put(HexFormat.of().parseHex(part.etag())));
        return Digester.of(md5s.array(), Set.of()).md5Hex() + "-" + parts.size();
    }

    private static Checksum composite(ChecksumAlgorithm algorithm, List<Upload.Part> parts) {
        ByteBuffer values = ByteBuffer.allocate(algorithm.bytes() * parts.size());
        parts.forEach(part -> values.put(checksum(algorithm, part).bytes()));
        Checksum whole =
                Digester.of(values.array(), Set.of(algorithm)).checksums().getFirst();
        return new Checksum(algorithm, whole.value(), parts.size());
    }

    private static Checksum combined(ChecksumAlgorithm algorithm, List<Upload.Part> parts) {
        Checksum whole = checksum(algorithm, parts.getFirst());
        for (Upload.Part part : parts.subList(1, parts.size())) {
            whole = whole.followedBy(checksum(algorithm, part), part.size());
        }
        return whole;
    }

    private static Checksum checksum(ChecksumAlgorithm algorithm, Upload.Part part) {
        return part.checksums().stream()
                .filter(checksum -> checksum.algorithm() == algorithm)
                .findFirst()
                .orElseThrow(
                        () -> new IllegalStateException("part " + part.number() + " was stored without " + algorithm));
    }
}
