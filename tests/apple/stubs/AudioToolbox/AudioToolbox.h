#pragma once
#import <Foundation/Foundation.h>

NS_ASSUME_NONNULL_BEGIN
typedef struct OpaqueAudioComponent *AudioComponent;
typedef struct OpaqueAudioComponentInstance *AudioComponentInstance;
typedef AudioComponentInstance AudioUnit;
typedef struct AudioComponentDescription {
    uint32_t componentType, componentSubType, componentManufacturer, componentFlags, componentFlagsMask;
} AudioComponentDescription;
typedef struct AudioStreamBasicDescription {
    double mSampleRate;
    uint32_t mFormatID, mFormatFlags, mBytesPerPacket, mFramesPerPacket, mBytesPerFrame, mChannelsPerFrame,
        mBitsPerChannel, mReserved;
} AudioStreamBasicDescription;
typedef struct AudioBuffer {
    uint32_t mNumberChannels, mDataByteSize;
    void *_Nullable mData;
} AudioBuffer;
typedef struct AudioBufferList {
    uint32_t mNumberBuffers;
    AudioBuffer mBuffers[1];
} AudioBufferList;
typedef struct SMPTETime {
    int16_t mSubframes, mSubframeDivisor;
    uint32_t mCounter, mType, mFlags;
    int16_t mHours, mMinutes, mSeconds, mFrames;
} SMPTETime;
typedef struct AudioTimeStamp {
    double mSampleTime;
    uint64_t mHostTime;
    double mRateScalar;
    uint64_t mWordClockTime;
    SMPTETime mSMPTETime;
    uint32_t mFlags, mReserved;
} AudioTimeStamp;
typedef NS_OPTIONS(uint32_t, AudioUnitRenderActionFlags) { kAudioUnitRenderAction_OutputIsSilence = 1 << 4 };
typedef OSStatus (*AURenderCallback)(void *inRefCon, AudioUnitRenderActionFlags *ioActionFlags,
                                     const AudioTimeStamp *inTimeStamp, uint32_t inBusNumber, uint32_t inNumberFrames,
                                     AudioBufferList *_Nullable ioData);
typedef struct AURenderCallbackStruct {
    AURenderCallback _Nullable inputProc;
    void *_Nullable inputProcRefCon;
} AURenderCallbackStruct;
enum {
    kAudioUnitType_Output = 0x61756f75,
    kAudioUnitSubType_VoiceProcessingIO = 0x7670696f,
    kAudioUnitManufacturer_Apple = 0x6170706c
};
enum { kAudioFormatLinearPCM = 0x6c70636d };
enum { kAudioFormatFlagIsSignedInteger = 1 << 2, kAudioFormatFlagIsPacked = 1 << 3 };
enum { kAudioUnitScope_Global = 0, kAudioUnitScope_Input = 1, kAudioUnitScope_Output = 2 };
enum {
    kAudioUnitProperty_StreamFormat = 8,
    kAudioUnitProperty_MaximumFramesPerSlice = 14,
    kAudioUnitProperty_SetRenderCallback = 23,
    kAudioOutputUnitProperty_EnableIO = 2003,
    kAudioOutputUnitProperty_SetInputCallback = 2005
};
extern AudioComponent _Nullable AudioComponentFindNext(AudioComponent _Nullable inComponent,
                                                       const AudioComponentDescription *inDesc);
extern OSStatus AudioComponentInstanceNew(AudioComponent inComponent, AudioComponentInstance _Nullable *_Nonnull outInstance);
extern OSStatus AudioComponentInstanceDispose(AudioComponentInstance inInstance);
extern OSStatus AudioUnitSetProperty(AudioUnit inUnit, uint32_t inID, uint32_t inScope, uint32_t inElement,
                                     const void *_Nullable inData, uint32_t inDataSize);
extern OSStatus AudioUnitInitialize(AudioUnit inUnit);
extern OSStatus AudioUnitUninitialize(AudioUnit inUnit);
extern OSStatus AudioUnitRender(AudioUnit inUnit, AudioUnitRenderActionFlags *_Nullable ioActionFlags,
                                const AudioTimeStamp *inTimeStamp, uint32_t inOutputBusNumber, uint32_t inNumberFrames,
                                AudioBufferList *ioData);
extern OSStatus AudioOutputUnitStart(AudioUnit ci);
extern OSStatus AudioOutputUnitStop(AudioUnit ci);
NS_ASSUME_NONNULL_END
