/* How sound comes in the conference bridge: samples of 16 bits, 8 kHz, mono, 20 ms at once.
 */
#ifndef OUTRING_FRAMES_HPP
#define OUTRING_FRAMES_HPP

namespace outring {

const unsigned RATE = 8000; /* samples of a second */
const unsigned FRAME_MS = 20;
const unsigned FRAME = RATE / 1000 * FRAME_MS; /* samples */

} // namespace outring

#endif
