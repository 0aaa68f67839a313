import TandemReceiver

ReceiverProgram.start()
