/* Recordings: WAV, PCM of 16 bits, 8 kHz, mono, or stereo for whole calls
 * (call_recorder.hpp). The clock of the media only copies samples; a thread of its own
 * writes them, so that a slow disk stops nobody.
 *
 * The header is right after every block, so that a file is whole whenever it is looked at.
 */
#ifndef OUTRING_RECORDER_HPP
#define OUTRING_RECORDER_HPP

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>

#include "wav_clip.hpp"
#include "event_queue.hpp"
#include "worker_thread.hpp"

namespace outring {

const size_t BLOCK = RATE / 2;       /* samples that are written at once */
const size_t MAX_UNWRITTEN = 8 * RATE; /* samples of a channel: the disk may be so late */
const unsigned LOUD = 250;           /* mean of a frame that is speech, about -42 dBFS */
const unsigned LOUD_FRAMES = 3;      /* in a row: less is a click */

/* What ends a play or a recording; the names are those of Python's Stop. */
enum class Stop { FINISHED, ASKED, DIGIT, SILENCE, UNHEARD, LIMIT, FAILED };

inline const char *name_of(Stop stop)
{
    static const char *const names[] = {"finished", "asked", "digit",
                                        "silence",  "unheard", "limit", "failed"};
    return names[static_cast<int>(stop)];
}

inline unsigned milliseconds(uint64_t samples)
{
    return static_cast<unsigned>(samples * 1000 / RATE);
}

inline uint64_t samples_of(unsigned milliseconds)
{
    return static_cast<uint64_t>(milliseconds) * RATE / 1000;
}

/* A file that is written on the thread of file_writer(). */
class WavFile : public std::enable_shared_from_this<WavFile> {
public:
    explicit WavFile(const std::string &path, unsigned channels = 1)
    : path(path), channels(channels)
    {}
    ~WavFile()
    {
        if (fd >= 0)
            close(fd);
    }
    WavFile(const WavFile &) = delete;
    WavFile &operator=(const WavFile &) = delete;

    void begin()
    {
        std::shared_ptr<WavFile> self = shared_from_this();
        file_writer().add([self] { self->open_anew(); });
    }

    void append(Samples &&block)
    {
        std::shared_ptr<WavFile> self = shared_from_this();
        std::shared_ptr<Samples> samples = std::make_shared<Samples>(std::move(block));
        unwritten += samples->size();
        file_writer().add([self, samples] { self->write_block(*samples); });
    }

    /* Whether no more can be appended. */
    bool is_broken() const
    {
        return has_failed || unwritten > MAX_UNWRITTEN * channels;
    }

    /* Once all is written: tell that it is over. */
    void finish(NativeEvent &&record)
    {
        std::shared_ptr<WavFile> self = shared_from_this();
        std::shared_ptr<NativeEvent> last = std::make_shared<NativeEvent>(std::move(record));
        file_writer().add([self, last] {
            if (self->has_failed) {
                last->name = name_of(Stop::FAILED);
                last->raw = self->error;
            }
            push_and_wake(std::move(*last));
        });
    }

private:
    void open_anew()
    {
        fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0600);
        struct stat status;
        if (fd < 0 || fstat(fd, &status))
            fail(std::strerror(errno));
        else if (!S_ISREG(status.st_mode))
            fail("not a file");
        else
            write_header();
    }

    void write_block(const Samples &samples)
    {
        unwritten -= samples.size();
        size_t length = samples.size() * sizeof(int16_t);
        if (has_failed || !write_at(HEADER + written, samples.data(), length))
            return;
        written += length;
        write_header();
    }

    void write_header()
    {
        Bytes header;
        append_text(header, "RIFF");
        append_number(header, HEADER - 8 + written, 4);
        append_text(header, "WAVEfmt ");
        append_number(header, 16, 4);
        append_number(header, PCM, 2);
        append_number(header, channels, 2);
        append_number(header, RATE, 4);
        append_number(header, RATE * channels * sizeof(int16_t), 4);
        append_number(header, channels * sizeof(int16_t), 2);
        append_number(header, 8 * sizeof(int16_t), 2);
        append_text(header, "data");
        append_number(header, written, 4);
        write_at(0, header.data(), header.size());
    }

    static void append_text(Bytes &bytes, const char *text)
    {
        bytes.insert(bytes.end(), text, text + std::strlen(text));
    }

    static void append_number(Bytes &bytes, size_t value, unsigned count)
    {
        for (unsigned i = 0; i < count; ++i)
            bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
    }

    bool write_at(size_t place, const void *data, size_t length)
    {
        const char *bytes = static_cast<const char *>(data);
        while (length > 0) {
            ssize_t count = pwrite(fd, bytes, length, place);
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0) {
                fail(std::strerror(errno));
                return false;
            }
            bytes += count, place += count, length -= count;
        }
        return true;
    }

    void fail(const std::string &why)
    {
        error = path + " cannot be written: " + why + ".";
        has_failed = true;
    }

    static const size_t HEADER = 44; /* bytes */

    const std::string path;
    const unsigned channels;
    int fd = -1;
    size_t written = 0; /* bytes of samples */
    std::string error;
    std::atomic<bool> has_failed{false};
    std::atomic<size_t> unwritten{0}; /* samples */
};

/* How to record; 0 ms until speech, or of silence after it: that ends nothing. */
struct Recording {
    int number;
    std::string path;
    bool is_of_both;
    unsigned max_ms;
    unsigned start_ms;
    unsigned silence_ms;
    std::string stops_on;
};

/* Tells speech from silence, frame by frame. */
class SilenceWatch {
public:
    void hear(const int16_t *frame)
    {
        unsigned sum = 0;
        for (unsigned i = 0; i < FRAME; ++i)
            sum += std::abs(static_cast<int>(frame[i]));
        ++quiet_frames;
        loud_frames = sum / FRAME >= LOUD ? loud_frames + 1 : 0;
        if (loud_frames >= LOUD_FRAMES) {
            has_heard = true;
            quiet_frames = 0;
        }
    }

    /* Whether there was speech so far. */
    bool has_been_spoken_to() const
    {
        return has_heard;
    }

    /* How long it is silent, after speech; 0 without any so far. */
    unsigned silence_ms() const
    {
        return has_heard ? quiet_frames * FRAME_MS : 0;
    }

private:
    bool has_heard = false;
    unsigned loud_frames = 0;
    unsigned quiet_frames = 0;
};

/* One recording that is under way. */
class Recorder {
public:
    Recorder(const std::string &leg, const Recording &recording)
    : recording(recording), leg(leg), file(std::make_shared<WavFile>(recording.path))
    {
        file->begin();
    }

    /* Take a frame, and what the far end was sent meanwhile or NULL; true if that was the
     * last one, and why. */
    bool take(const int16_t *heard, const int16_t *sent, Stop &stop)
    {
        uint64_t left = samples_of(recording.max_ms) - taken;
        unsigned count = static_cast<unsigned>(std::min<uint64_t>(FRAME, left));
        if (block.empty())
            block.reserve(BLOCK);
        for (unsigned i = 0; i < count; ++i) {
            int sample = heard[i] + (recording.is_of_both && sent ? sent[i] : 0);
            block.push_back(static_cast<int16_t>(std::max(-32768, std::min(32767, sample))));
        }
        taken += count;
        if (block.size() + FRAME > BLOCK)
            hand_over();
        ear.hear(heard);
        if (file->is_broken())
            stop = Stop::FAILED;
        else if (recording.silence_ms && ear.silence_ms() >= recording.silence_ms)
            stop = Stop::SILENCE;
        else if (recording.start_ms && !ear.has_been_spoken_to() &&
                 taken >= samples_of(recording.start_ms))
            stop = Stop::UNHEARD;
        else if (taken >= samples_of(recording.max_ms))
            stop = Stop::LIMIT;
        else
            return false;
        return true;
    }

    /* Nothing is taken any more: one RECORDED follows as soon as the file is complete. */
    void finish(Stop stop)
    {
        if (!block.empty())
            hand_over();
        const char *note = stop == Stop::FAILED       ? "The disk is too slow."
                           : ear.has_been_spoken_to() ? ""
                                                      : "quiet";
        file->finish(NativeEvent{RECORDED, 0, leg, recording.number,
                            static_cast<int>(milliseconds(taken)), name_of(stop), note});
    }

    const Recording recording;

private:
    void hand_over()
    {
        file->append(std::move(block));
        block = Samples();
    }

    const std::string leg;
    std::shared_ptr<WavFile> file;
    Samples block;
    uint64_t taken = 0; /* samples */
    SilenceWatch ear;
};

} // namespace outring

#endif
