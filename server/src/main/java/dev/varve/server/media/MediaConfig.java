package dev.varve.server.media;

import dev.varve.blobstore.media.MediaLimits;
import dev.varve.blobstore.media.Thumbnails;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How media are kept.
 *
 * @param reconcilePause how long to wait before media buckets are compared with their rows again, besides at the start
 * @param longestLink how long a link may be good for at most
 * @param thumbnailSides longest sides of thumbnails in pixels, ascending; none if there are to be no thumbnails
 * @param decoderHeapBytes memory of the process that decodes pictures
 */
public record MediaConfig(
        Duration reconcilePause,
        Duration longestLink,
        List<Integer> thumbnailSides,
        Thumbnails.Limits thumbnails,
        long decoderHeapBytes,
        MediaLimits reading) {
    public static final MediaConfig DEFAULT = new MediaConfig(
            Duration.ofMinutes(10),
            Duration.ofDays(7),
            List.of(256, 1024),
            Thumbnails.Limits.DEFAULT,
            256L << 20,
            MediaLimits.DEFAULT);

    private static final int LEAST_SIDE = 16;
    private static final int MOST_SIDE = 4096;
    private static final int MOST_SIDES = 8;

    public MediaConfig {
        thumbnailSides = thumbnailSides.stream().sorted().distinct().toList();
        if (thumbnailSides.size() > MOST_SIDES
                || thumbnailSides.stream().anyMatch(side -> side < LEAST_SIDE || side > MOST_SIDE)) {
            throw new VarveException(
                    ErrorCode.BAD_REQUEST,
                    "sides of thumbnails are " + thumbnailSides + "; at most " + MOST_SIDES + " of " + LEAST_SIDE
                            + " to " + MOST_SIDE + " pixels are possible");
        }
    }

    /** Sides as they are configured, such as {@code 256, 1024}. */
    public static List<Integer> sides(String text) {
        List<Integer> sides = new ArrayList<>();
        for (String side : text.split(",", -1)) {
            if (!side.isBlank()) {
                try {
                    sides.add(Integer.valueOf(side.strip()));
                } catch (NumberFormatException e) {
                    throw new VarveException(
                            ErrorCode.BAD_REQUEST, "sides of thumbnails are '" + text + "'; they must be numbers", e);
                }
            }
        }
        return sides;
    }
}
