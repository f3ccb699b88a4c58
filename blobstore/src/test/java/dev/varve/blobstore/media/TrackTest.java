package dev.varve.blobstore.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class TrackTest {
    private static final Instant START = Instant.parse("2021-07-10T10:00:00Z");

    private static Track track(byte[] gpx) {
        return Track.of(MediaSource.of(gpx), MediaLimits.DEFAULT).orElseThrow();
    }

    @Test
    void placesBetweenTwoPointsAreInterpolated() {
        Track track = track(MadeMedia.gpx(START, 10, 46, 7, 0.01));
        assertThat(track.size()).isEqualTo(10);
        MediaFacts.Place place = track.at(START.plusSeconds(90)).orElseThrow();
        assertThat(place.lat()).isCloseTo(46.015, within(1e-9));
        assertThat(place.lon()).isCloseTo(7.015, within(1e-9));
        assertThat(track.at(START.plusSeconds(120)).orElseThrow().lat()).isCloseTo(46.02, within(1e-9));
    }

    @Test
    void aTimeFarFromTheTrackHasNoPlace() {
        Track track = track(MadeMedia.gpx(START, 10, 46, 7, 0.01));
        assertThat(track.at(START.minusSeconds(59))).isPresent();
        assertThat(track.at(START.minusSeconds(61))).isEmpty();
        assertThat(track.at(START.plusSeconds(9 * 60 + 61))).isEmpty();
    }

    @Test
    void gapsBetweenSegmentsAreNotCrossed() {
        String gpx = """
                <gpx><trk><trkseg><trkpt lat="1" lon="1"><time>2021-07-10T10:00:00Z</time></trkpt></trkseg>
                <trkseg><trkpt lat="2" lon="2"><time>2021-07-10T11:00:00Z</time></trkpt></trkseg></trk></gpx>""";
        Track track = track(gpx.getBytes(StandardCharsets.UTF_8));
        assertThat(track.at(START.plusSeconds(1800))).isEmpty();
        assertThat(track.at(START.plusSeconds(30)).orElseThrow().lat()).isEqualTo(1);
        assertThat(track.at(START.plusSeconds(3599)).orElseThrow().lat()).isEqualTo(2);
    }

    @Test
    void theAntimeridianIsCrossedTheShortWay() {
        String gpx = """
                <gpx><trk><trkseg><trkpt lat="0" lon="179.9"><time>2021-07-10T10:00:00Z</time></trkpt>
                <trkpt lat="0" lon="-179.9"><time>2021-07-10T10:01:00Z</time></trkpt></trkseg></trk></gpx>""";
        MediaFacts.Place place = track(gpx.getBytes(StandardCharsets.UTF_8))
                .at(START.plusSeconds(45))
                .orElseThrow();
        assertThat(place.lon()).isCloseTo(-179.95, within(1e-9));
    }

    @Test
    void aTrackCutOffKeepsWhatWasRead() {
        byte[] whole = MadeMedia.gpx(START, 100, 46, 7, 0.01);
        Track track = track(java.util.Arrays.copyOf(whole, whole.length / 2));
        assertThat(track.size()).isBetween(40, 55);
    }
}
