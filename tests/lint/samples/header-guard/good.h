// path: sender/base/units.h
#pragma once
int x();
