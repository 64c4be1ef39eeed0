using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

// Everything that crosses into C is blittable; no hidden copies.
[assembly: DisableRuntimeMarshalling]

// Libraries come from where the system's loader finds them, never from the program's own folder.
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
