// A run record is always short enough to be read back: where there are too many exceptions for
// that, every lane keeps its first ones, and the record says so.
#pragma once

#include <cstddef>

#include "sender/report/run_record.h"

namespace esm {

// To be called once, when a run is over and before its record is shown or written. Afterwards
// to_json(record) has at most `bytes_max` bytes, unless lanes, texts and histogram alone have more.
// Room is dealt out evenly: lanes with few exceptions keep all of them. A lane that loses some has
// overflowed, as one whose recorder was full already; a warning in the record tells how many did.
void bound_exceptions(RunRecord& record, std::size_t bytes_max = kRunRecordBytesMax);

}  // namespace esm
