package dev.varve.blobstore.media;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * Where something was at which time: the points of a GPX file in the order of time.
 *
 * <p>Between two points of one segment the place is interpolated along the straight line of degrees, which for points
 * seconds or minutes apart differs from the great circle by less than the receiver's error.
 */
public final class Track {
    /** How far outside a segment a time may lie and still get the place of its nearest point. */
    private static final Duration SLACK = Duration.ofMinutes(1);

    private final long[] millis;
    private final double[] lats;
    private final double[] lons;
    private final int[] segments;

    private Track(long[] millis, double[] lats, double[] lons, int[] segments) {
        this.millis = millis;
        this.lats = lats;
        this.lons = lons;
        this.segments = segments;
    }

    /** The track in a GPX file; empty with what could not be read. */
    public static Optional<Track> of(MediaSource source, MediaLimits limits) {
        try {
            return Optional.of(read(source, limits));
        } catch (UnreadableException e) {
            return Optional.empty();
        }
    }

    static Track read(MediaSource source, MediaLimits limits) throws UnreadableException {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        Points points = new Points(limits.trackPoints());
        try {
            XMLStreamReader xml = factory.createXMLStreamReader(new Bytes(source, limits.trackBytes()));
            try {
                points.read(xml);
            } finally {
                xml.close();
            }
        } catch (XMLStreamException | RuntimeException e) {
            // The parser reports some broken input by unchecked exceptions.
            if (points.count == 0) {
                String message = String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
                throw new UnreadableException(
                        "cannot be read: " + message.substring(0, Math.min(200, message.length())));
            }
        }
        return points.track();
    }

    public int size() {
        return millis.length;
    }

    /** The place at a time; empty when the track was not under way then. */
    public Optional<MediaFacts.Place> at(Instant time) {
        if (millis.length == 0) {
            return Optional.empty();
        }
        long wanted = time.toEpochMilli();
        int found = Arrays.binarySearch(millis, wanted);
        if (found >= 0) {
            return Optional.of(place(lats[found], lons[found]));
        }
        int after = -found - 1;
        if (after > 0 && after < millis.length && segments[after - 1] == segments[after]) {
            return Optional.of(between(after - 1, after, wanted));
        }
        int nearest = after == 0
                ? 0
                : after == millis.length || wanted - millis[after - 1] <= millis[after] - wanted ? after - 1 : after;
        return Math.abs(millis[nearest] - wanted) <= SLACK.toMillis()
                ? Optional.of(place(lats[nearest], lons[nearest]))
                : Optional.empty();
    }

    private MediaFacts.Place between(int before, int after, long wanted) {
        double share = (double) (wanted - millis[before]) / (millis[after] - millis[before]);
        double lonStep = lons[after] - lons[before];
        // The shorter way, also over the antimeridian.
        lonStep = lonStep > 180 ? lonStep - 360 : lonStep < -180 ? lonStep + 360 : lonStep;
        double lon = lons[before] + share * lonStep;
        lon = lon > 180 ? lon - 360 : lon < -180 ? lon + 360 : lon;
        return place(lats[before] + share * (lats[after] - lats[before]), lon);
    }

    private static MediaFacts.Place place(double lat, double lon) {
        return new MediaFacts.Place(lat, lon, Optional.empty());
    }

    void describe(MediaFacts.Draft draft) {
        draft.attribute("points", Integer.toString(millis.length));
        if (millis.length > 0) {
            Instant first = Instant.ofEpochMilli(millis[0]);
            draft.taken(first.atOffset(ZoneOffset.UTC).toLocalDateTime(), ZoneOffset.UTC);
            draft.place(lats[0], lons[0], null);
            draft.duration(Duration.ofMillis(millis[millis.length - 1] - millis[0]));
        }
    }

    /** Points as they are read; one thread. */
    private static final class Points {
        private final int most;
        private long[] millis = new long[1024];
        private double[] lats = new double[1024];
        private double[] lons = new double[1024];
        private int[] segments = new int[1024];
        private int count;
        private int segment;

        Points(int most) {
            this.most = most;
        }

        void read(XMLStreamReader xml) throws XMLStreamException {
            double lat = Double.NaN;
            double lon = Double.NaN;
            boolean isRoot = true;
            while (xml.hasNext() && count < most) {
                int event = xml.next();
                if (event == XMLStreamConstants.DTD) {
                    throw new XMLStreamException("a document type is not taken");
                }
                if (event != XMLStreamConstants.START_ELEMENT) {
                    continue;
                }
                String name = xml.getLocalName().toLowerCase(Locale.ROOT);
                if (isRoot && !name.equals("gpx")) {
                    throw new XMLStreamException("the root is <" + name + ">, not <gpx>");
                }
                isRoot = false;
                switch (name) {
                    case "trkseg", "rte" -> segment++;
                    case "trkpt", "rtept", "wpt" -> {
                        lat = degrees(xml.getAttributeValue(null, "lat"), 90);
                        lon = degrees(xml.getAttributeValue(null, "lon"), 180);
                    }
                    case "time" -> {
                        Instant time = time(text(xml));
                        if (time != null && !Double.isNaN(lat) && !Double.isNaN(lon)) {
                            add(time.toEpochMilli(), lat, lon);
                        }
                        lat = Double.NaN;
                    }
                    default -> {}
                }
            }
        }

        /** The text up to the end of the element, of bounded length. */
        private static String text(XMLStreamReader xml) throws XMLStreamException {
            StringBuilder text = new StringBuilder();
            while (xml.hasNext()) {
                int event = xml.next();
                if (event == XMLStreamConstants.CHARACTERS && text.length() < 100) {
                    text.append(xml.getText());
                } else if (event == XMLStreamConstants.END_ELEMENT || event == XMLStreamConstants.START_ELEMENT) {
                    break;
                }
            }
            return text.toString().strip();
        }

        private static double degrees(@Nullable String text, double most) {
            try {
                double value = text == null || text.length() > 40 ? Double.NaN : Double.parseDouble(text.strip());
                return Math.abs(value) <= most ? value : Double.NaN;
            } catch (NumberFormatException e) {
                return Double.NaN;
            }
        }

        private static @Nullable Instant time(String text) {
            try {
                return OffsetDateTime.parse(text).toInstant();
            } catch (DateTimeException e) {
                return null;
            }
        }

        private void add(long time, double lat, double lon) {
            if (count == millis.length) {
                int room = Math.min(most, count * 2);
                millis = Arrays.copyOf(millis, room);
                lats = Arrays.copyOf(lats, room);
                lons = Arrays.copyOf(lons, room);
                segments = Arrays.copyOf(segments, room);
            }
            millis[count] = time;
            lats[count] = lat;
            lons[count] = lon;
            segments[count++] = segment;
        }

        Track track() {
            boolean isSorted = IntStream.range(1, count).allMatch(i -> millis[i - 1] <= millis[i]);
            int[] order = isSorted
                    ? IntStream.range(0, count).toArray()
                    : IntStream.range(0, count)
                            .boxed()
                            .sorted(Comparator.comparingLong(i -> millis[i]))
                            .mapToInt(Integer::intValue)
                            .toArray();
            return new Track(
                    Arrays.stream(order).mapToLong(i -> millis[i]).toArray(),
                    Arrays.stream(order).mapToDouble(i -> lats[i]).toArray(),
                    Arrays.stream(order).mapToDouble(i -> lons[i]).toArray(),
                    Arrays.stream(order).map(i -> segments[i]).toArray());
        }
    }

    /** The medium's first bytes as a stream. */
    static final class Bytes extends InputStream {
        private final MediaSource source;
        private final long end;
        private long at;

        Bytes(MediaSource source, long most) {
            this.source = source;
            this.end = Math.min(source.length(), most);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            if (at >= end) {
                return length == 0 ? 0 : -1;
            }
            int count = (int) Math.min(length, end - at);
            source.read(at, ByteBuffer.wrap(target, offset, count));
            at += count;
            return count;
        }
    }
}
