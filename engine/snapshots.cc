#include "engine/snapshots.h"
#include "engine/engine.h"
namespace engine {
class Snapshot {};
Snapshots::Snapshots(Engine* engine) : engine_(engine) {}
Snapshots::~Snapshots() = default;
bool Snapshots::step() { return false; }
void Snapshots::tick(int64_t) {}
bool Snapshots::refuses_writes() const { return false; }
}  // namespace engine
