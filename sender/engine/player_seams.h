// play() with everything outside the program replaced: for tests.
#pragma once

#include "sender/engine/player.h"
#include "sender/engine/worker.h"

namespace esm {

PlayOutcome play_with(const PlaySeams& seams, const Plan& plan, const Templates& templates,
                      const PlayOptions& options, RunRecord& record,
                      const std::function<void(const Progress&)>& on_progress,
                      const std::function<void(const Diagnostic&)>& on_message);

}  // namespace esm
